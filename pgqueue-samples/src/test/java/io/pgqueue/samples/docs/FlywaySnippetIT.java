// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.testing.PostgresTest;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

@PostgresTest
class FlywaySnippetIT {

    @Test
    void flywayInstallsTheSchema(DataSource dataSource) {
        migrate(dataSource);
        migrate(dataSource);
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            queue.admin().declareQueue(QueueSpec.of("emails"));
            queue.publish("emails", OutgoingMessage.text("hello").build());
            assertThat(queue.receiver("emails").receive(1))
                    .extracting(Delivery::text)
                    .containsExactly("hello");
        }
    }

    private static void migrate(DataSource dataSource) {
        // snippet: java-flyway
        Flyway.configure()
                .dataSource(dataSource)
                .locations("classpath:io/pgqueue/schema")
                .defaultSchema("pgqueue")
                .load()
                .migrate();
        // end snippet
    }
}
