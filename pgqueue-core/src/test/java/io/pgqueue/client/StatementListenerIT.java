// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jdbc.DatabaseCall;
import io.pgqueue.jdbc.StatementListener;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** OBS-10: whoever asks for it is told of each call to the database. */
@PostgresTest(template = MigratedSchema.class)
class StatementListenerIT {

    private final List<String> calls = new CopyOnWriteArrayList<>();

    @Test
    void eachCallIsToldBeforeAndAfter(DataSource dataSource) {
        try (PgQueue queue = watched(new JoiningSource(dataSource))) {
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
        }
    }

    @Test
    void callsInATransactionOfTheCallerAreToldToo(DataSource dataSource) throws Exception {
        JoiningSource source = new JoiningSource(dataSource);
        try (PgQueue queue = watched(source)) {
            queue.admin().createQueue(QueueSpec.of("joined"));
            source.begin();
            queue.publish("joined", OutgoingMessage.text("c").build());
            source.commit();
            assertThat(calls).contains("> publish_message", "< publish_message 0");
            assertThat(queue.receiver("joined").receive(10)).hasSize(1);
        }
    }

    @Test
    void callsOnAConnectionOfTheCallerAreToldToo(DataSource dataSource) throws Exception {
        try (PgQueue queue = watched(new JoiningSource(dataSource));
                Connection connection = dataSource.getConnection()) {
            queue.admin().createQueue(QueueSpec.of("given"));
            queue.publish(connection, "given", OutgoingMessage.text("d").build());
            assertThat(calls).contains("> publish_message", "< publish_message 0");
        }
    }

    /** Two reflective calls for each call of JDBC would be much for a warning that is seldom looked at. */
    @Test
    void noProxyIsBetweenUsAndTheDriver(DataSource dataSource) {
        List<String> callers = new CopyOnWriteArrayList<>();
        try (PgQueue queue = PgQueue.builder(dataSource)
                .maintenance(false)
                .statementListener(new StatementListener() {
                    @Override
                    public void before(DatabaseCall call) {
                        StackWalker.getInstance().forEach(frame -> callers.add(frame.getClassName()));
                    }
                })
                .build()) {
            queue.admin().createQueue(QueueSpec.of("direct"));
        }
        assertThat(callers).anyMatch(name -> name.contains("AdminFunctions")).noneMatch(name -> name.contains("Proxy"));
    }

    @Test
    void maintenanceAndSamplesAreToldAsWorkThatNobodyWaitsFor(DataSource dataSource) throws Exception {
        BlockingQueue<DatabaseCall> sampled = new ArrayBlockingQueue<>(100);
        try (PgQueue queue = PgQueue.builder(dataSource)
                .sampleInterval(Duration.ofSeconds(1))
                .statementListener(new StatementListener() {
                    @Override
                    public void before(DatabaseCall call) {
                        calls.add(call.function() + " " + call.background());
                        if (call.function().equals("sample")) {
                            sampled.offer(call);
                        }
                    }
                })
                .build()) {
            queue.admin().maintain();
            assertThat(queue.admin().destinations("")).isEmpty();
            assertThat(sampled.poll(30, TimeUnit.SECONDS)).isEqualTo(new DatabaseCall("sample", 0, true));
        }
        assertThat(calls).contains("maintain true", "list_destinations false");
    }

    @Test
    void notificationsAreTold(DataSource dataSource) throws Exception {
        BlockingQueue<DatabaseCall> notified = new ArrayBlockingQueue<>(100);
        try (PgQueue queue = PgQueue.builder(dataSource)
                .maintenance(false)
                .listenOn(dataSource::getConnection)
                .statementListener(new StatementListener() {
                    @Override
                    public void after(DatabaseCall call, Duration took, @Nullable SQLException failure) {
                        if (call.function().equals("pg_notify")) {
                            notified.offer(call);
                        }
                    }
                })
                .build()) {
            queue.admin().createQueue(QueueSpec.of("notified"));
            queue.publish("notified", OutgoingMessage.text("g").build());
            assertThat(notified.poll(30, TimeUnit.SECONDS)).isEqualTo(new DatabaseCall("pg_notify", 0, false));
        }
    }

    @Test
    void aThresholdOutOfRangeIsRefused(DataSource dataSource) {
        assertThatThrownBy(() -> PgQueue.builder(dataSource).slowCall(Duration.ofMinutes(2)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessage("slowCall is PT2M, must be PT0.001S to PT1M");
    }

    private PgQueue watched(ConnectionSource source) {
        return PgQueue.builder(source)
                .maintenance(false)
                .statementListener(new Recorder())
                .build();
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
