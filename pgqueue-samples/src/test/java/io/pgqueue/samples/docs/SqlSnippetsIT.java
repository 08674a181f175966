// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.SubscriptionStats;
import io.pgqueue.client.PgQueue;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The SQL that the documents show. */
@PostgresTest(template = MigratedSchema.class)
class SqlSnippetsIT {

    @Test
    void publishesFromSqlAndFromATrigger(DataSource dataSource) throws Exception {
        run(dataSource, "publish.sql");
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            assertThat(queue.admin().stats("invoices")).isEqualTo(new SubscriptionStats(2, 0, 1, 0, 0));
            assertThat(queue.receiver("invoices").receive(10))
                    .extracting(delivery -> delivery.text())
                    .containsExactly("{\"total\": 99.99, \"customer\": 7}", "{\"id\": 1, \"total\": 5}");
        }
    }

    @Test
    void watches(DataSource dataSource) throws Exception {
        run(dataSource, "watch.sql");
    }

    private static void run(DataSource dataSource, String file) throws SQLException, IOException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(text(file));
        }
    }

    private static String text(String file) throws IOException {
        try (InputStream script = SqlSnippetsIT.class.getResourceAsStream("/docs/" + file)) {
            return new String(Objects.requireNonNull(script, file).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
