// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SchemaName;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.schema.SchemaException;
import io.pgqueue.schema.SchemaMigrator;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What an application's database may bring along, and what may happen to it while we run. */
@PostgresTest(template = MigratedSchema.class)
class SurroundingsIT {

    @Test
    void leasesAreTakenWhateverTheDefaultIsolationIs(PGSimpleDataSource dataSource) {
        dataSource.setOptions("-c default_transaction_isolation=serializable");
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            queue.admin().declareQueue(QueueSpec.of("serializable"));
            queue.publish("serializable", OutgoingMessage.text("x").build());
            Delivery delivery = queue.receiver("serializable").receive(1).get(0);
            queue.ack(delivery);
            assertThat(queue.admin().stats(null, "serializable").unfinished()).isZero();
        }
    }

    @Test
    void aReceiverFollowsAQueueThatWasDroppedAndMadeAgain(PGSimpleDataSource dataSource) {
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            queue.admin().declareQueue(QueueSpec.of("again"));
            Receiver receiver = queue.receiver("again");
            assertThat(receiver.receive(1)).isEmpty();
            queue.admin().dropDestination("again", false);
            assertThatThrownBy(() -> receiver.receive(1))
                    .isInstanceOf(NotFoundException.class)
                    .hasMessageContaining("'again'");
            queue.admin().declareQueue(QueueSpec.of("again"));
            queue.publish("again", OutgoingMessage.text("x").build());
            assertThat(receiver.receive(1)).extracting(Delivery::text).containsExactly("x");
        }
    }

    @Test
    void aMergedAckAfterCloseIsCommittedAtOnce(PGSimpleDataSource dataSource) {
        PgQueue queue = PgQueue.builder(dataSource).build();
        queue.admin().declareQueue(QueueSpec.of("closed"));
        queue.publish("closed", OutgoingMessage.text("x").build());
        Delivery delivery = queue.receiver("closed").receive(1).get(0);
        AckBatcher acks = queue.ackBatcher(100, Duration.ofSeconds(1));
        queue.close();
        assertThat(acks.ack(delivery)).isCompleted();
        assertThat(queue.admin().stats(null, "closed").unfinished()).isZero();
    }

    @Test
    void tooManyIdsAreRefusedInsteadOfCutOff(PGSimpleDataSource dataSource) {
        try (PgQueue queue = PgQueue.builder(dataSource).build()) {
            List<UUID> ids = Stream.generate(UUID::randomUUID).limit(1001).toList();
            assertThatThrownBy(() -> queue.admin().deadLetters(null, "any").redrive(ids))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("1001");
            assertThatThrownBy(() -> queue.admin().deadLetters(null, "any").discard(ids))
                    .isInstanceOf(InvalidArgumentException.class);
        }
    }

    @Test
    void anUntypedLiteralIsText(PGSimpleDataSource dataSource) throws SQLException {
        try (PgQueue queue = PgQueue.builder(dataSource).build();
                Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            queue.admin().declareQueue(QueueSpec.of("literal"));
            statement.execute("select pgqueue.publish('literal', 'plain words')");
            Delivery delivery = queue.receiver("literal").receive(1).get(0);
            assertThat(delivery.text()).isEqualTo("plain words");
            assertThat(delivery.headers().contentType()).isEqualTo("text/plain");
        }
    }

    @Test
    void aChangedVersionedScriptIsRefused(PGSimpleDataSource dataSource) throws SQLException {
        SchemaMigrator migrator =
                new SchemaMigrator(new DataSourceConnectionSource(dataSource), new SchemaName("changed"));
        migrator.migrate();
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("update changed.schema_history set checksum = 1 where script = 'V001__tables.sql'");
        }
        assertThatThrownBy(migrator::migrate)
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("V001__tables.sql");
        assertThatThrownBy(migrator::validate).isInstanceOf(SchemaException.class);
    }

    @Test
    void anUnreachableDatabaseIsCalledSo(PGSimpleDataSource dataSource) {
        dataSource.setPortNumbers(new int[] {1});
        assertThatThrownBy(() ->
                        new SchemaMigrator(new DataSourceConnectionSource(dataSource), SchemaName.DEFAULT).migrate())
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("cannot be reached");
    }
}
