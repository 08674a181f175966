// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.jdbc.DatabaseCall;
import io.pgqueue.jdbc.StatementListener;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** OBS-10: whoever asks for it is told of each call to the database. */
@PostgresTest(template = MigratedSchema.class)
class StatementListenerIT {

    private final List<String> calls = new CopyOnWriteArrayList<>();

    @Test
    void eachCallIsToldBeforeAndAfter(DataSource dataSource) throws Exception {
        JoiningSource source = new JoiningSource(dataSource);
        try (PgQueue queue = PgQueue.builder(source)
                .maintenance(false)
                .slowCall(Duration.ZERO)
                .statementListener(new Recorder())
                .build()) {
            queue.admin().createQueue(QueueSpec.of("watched"));
            queue.publish(
                    "watched",
                    List.of(
                            OutgoingMessage.text("a").build(),
                            OutgoingMessage.text("b").build()));
            queue.ack(queue.receiver("watched").receive(10));
            assertThat(calls)
                    .contains(
                            "> create_queue",
                            "< create_queue 0",
                            "> publish_messages",
                            "< publish_messages 2",
                            "< receive 0",
                            "< ack 2");
            assertThatThrownBy(() -> queue.admin().dropDestination("unknown", false))
                    .isInstanceOf(NotFoundException.class);
            assertThat(calls).contains("! drop_destination PQ006");
            calls.clear();
            source.begin();
            queue.publish("watched", OutgoingMessage.text("c").build());
            source.commit();
            assertThat(calls).contains("< publish_message 0");
            assertThat(queue.receiver("watched").receive(10)).hasSize(1);
        }
    }

    @Test
    void aThresholdOutOfRangeIsRefused(DataSource dataSource) {
        assertThatThrownBy(() -> PgQueue.builder(dataSource).slowCall(Duration.ofMinutes(2)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessage("slowCall is PT2M, must be PT0.001S to PT1M");
    }

    private final class Recorder implements StatementListener {

        @Override
        public void before(DatabaseCall call) {
            calls.add("> " + call.function());
        }

        @Override
        public void after(DatabaseCall call, Duration took, @Nullable SQLException failure) {
            assertThat(took).isPositive();
            calls.add(
                    failure == null
                            ? "< " + call.function() + " " + call.entries()
                            : "! " + call.function() + " " + failure.getSQLState());
        }
    }
}
