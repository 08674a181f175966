// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.OneConnection;
import io.pgqueue.testing.PostgresTest;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** A turn of a polling loop: ack the last batch and receive the next. */
@PostgresTest(template = MigratedSchema.class)
class TurnIT {

    private static final String TRANSACTIONS =
            "select string_agg(what, ' ' order by what) || ' ' || count(distinct xid) from seen";

    private String name;
    private DataSource dataSource;
    private JoiningSource source;
    private PgQueue queue;
    private Receiver receiver;

    @BeforeEach
    void open(DataSource database, TestInfo test) {
        name = test.getTestMethod().orElseThrow().getName();
        dataSource = database;
        source = new JoiningSource(database);
        queue = PgQueue.builder(source).build();
        queue.admin().createQueue(QueueSpec.of(name));
        receiver = queue.receiver(name);
    }

    @AfterEach
    void close() throws SQLException {
        execute("drop function if exists see() cascade; drop table if exists seen");
        queue.close();
    }

    @Test
    void acksTheLastBatchAndReceivesTheNext() throws Exception {
        publish(5);
        Receiver.Turn turn = receiver.ackAndReceive(List.of(), 2, Duration.ZERO);
        assertThat(texts(turn)).containsExactly("0", "1");
        turn = receiver.ackAndReceive(turn.deliveries(), 2, Duration.ZERO);
        assertThat(texts(turn)).containsExactly("2", "3");
        assertThat(turn.stale()).isEmpty();
        assertThat(unfinished()).isEqualTo(3);
        turn = receiver.ackAndReceive(turn.deliveries(), 2, Duration.ZERO);
        assertThat(texts(turn)).containsExactly("4");
        turn = receiver.ackAndReceive(turn.deliveries(), 2, Duration.ZERO);
        assertThat(turn.deliveries()).isEmpty();
        assertThat(unfinished()).isZero();
    }

    @Test
    void bothAreOneTransaction() throws Exception {
        publish(4);
        watchTransactions();
        List<Delivery> first = receiver.receive(2);
        execute("delete from seen");
        receiver.ackAndReceive(first, 2, Duration.ZERO);
        assertThat(text(TRANSACTIONS)).isEqualTo("DELETE DELETE UPDATE UPDATE 1");
    }

    /** As with a pool, whose driver learns about a statement over its calls. The last client's fetch is a discovery. */
    @Test
    void bothStayOneTransactionOnAConnectionThatIsUsedAgain() throws Exception {
        publish(60);
        watchTransactions();
        OneConnection pooled = new OneConnection(dataSource);
        List<Delivery> last = receiver.receive(2);
        for (int client = 1; client <= 2; client++) {
            try (PgQueue other = PgQueue.builder(pooled).build()) {
                Receiver next = other.receiver(name);
                for (int turn = 1; turn <= 10; turn++) {
                    execute("delete from seen");
                    last = next.ackAndReceive(last, 2, Duration.ZERO).deliveries();
                    assertThat(text(TRANSACTIONS))
                            .as("turn %s of client %s", turn, client)
                            .isEqualTo("DELETE DELETE UPDATE UPDATE 1");
                }
            }
        }
        pooled.close();
    }

    @Test
    void tellsWhatWasNoLongerItsOwnAndGoesOn() throws Exception {
        publish(4);
        List<Delivery> first = receiver.receive(2);
        queue.release(first.subList(0, 1));
        Receiver.Turn turn = receiver.ackAndReceive(first, 2, Duration.ZERO);
        assertThat(turn.stale()).containsExactly(first.get(0));
        assertThat(texts(turn)).containsExactly("0", "2");
        assertThat(unfinished()).isEqualTo(3);
    }

    @Test
    void acksAMixtureOfPrioritiesOneAfterTheOther() throws Exception {
        for (int i = 0; i < 6; i++) {
            queue.publish(name, OutgoingMessage.text("" + i).priority(i).build());
        }
        List<Delivery> first = receiver.receive(3);
        assertThat(texts(receiver.ackAndReceive(first, 3, Duration.ZERO))).containsExactly("2", "1", "0");
        assertThat(unfinished()).isEqualTo(3);
    }

    @Test
    void aSelectorsReceiverAcksAndFindsItsNext() throws Exception {
        for (int i = 0; i < 6; i++) {
            queue.publish(
                    name, OutgoingMessage.text("" + i).property("odd", i % 2).build());
        }
        Receiver odd = queue.receiver(name, ReceiverOptions.DEFAULT.withSelector("odd = 1"));
        Receiver.Turn turn = odd.ackAndReceive(odd.receive(2), 2, Duration.ZERO);
        assertThat(texts(turn)).containsExactly("5");
        assertThat(unfinished()).isEqualTo(4);
    }

    @Test
    void inACallersTransactionTheAcksAreItsOwn() throws Exception {
        publish(4);
        List<Delivery> first = receiver.receive(2);
        source.begin();
        Receiver.Turn turn = receiver.ackAndReceive(first, 2, Duration.ZERO);
        source.rollback();
        assertThat(texts(turn)).containsExactly("2", "3");
        assertThat(unfinished()).isEqualTo(4);
        queue.ack(first);
        assertThat(unfinished()).isEqualTo(2);
    }

    @Test
    void acksBeforeItWaits() throws Exception {
        publish(1);
        List<Delivery> first = receiver.receive(1);
        CompletableFuture<Receiver.Turn> waiting =
                CompletableFuture.supplyAsync(() -> turn(first, Duration.ofMinutes(1)));
        while (unfinished() > 0) {
            Thread.onSpinWait();
        }
        assertThat(waiting).isNotDone();
        queue.publish(name, OutgoingMessage.text("next").build());
        assertThat(texts(waiting.get())).containsExactly("next");
    }

    @Test
    void aDroppedQueueIsReported() {
        publish(2);
        List<Delivery> first = receiver.receive(1);
        queue.admin().dropDestination(name, true);
        assertThatThrownBy(() -> receiver.ackAndReceive(first, 1, Duration.ZERO))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining(name);
    }

    @Test
    void aQueueMadeAgainIsReceivedFromAndOldDeliveriesAreStale() throws Exception {
        publish(1);
        List<Delivery> first = receiver.receive(1);
        queue.admin().dropDestination(name, true);
        queue.admin().createQueue(QueueSpec.of(name));
        publish(1);
        Receiver.Turn turn = receiver.ackAndReceive(first, 1, Duration.ZERO);
        assertThat(turn.stale()).isEqualTo(first);
        assertThat(turn.deliveries()).hasSize(1);
    }

    @Test
    void aNumberOutOfRangeIsRefusedBeforeAnythingIsAcked() {
        publish(1);
        List<Delivery> first = receiver.receive(1);
        assertThatThrownBy(() -> receiver.ackAndReceive(first, 1001, Duration.ZERO))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("1001");
        assertThat(unfinished()).isEqualTo(1);
    }

    @Test
    void twoClientsInTurnsGetEachOfThousandsOnce() throws Exception {
        int messages = 5000;
        for (int i = 0; i < messages; i += 500) {
            queue.publish(
                    name,
                    IntStream.range(i, i + 500)
                            .mapToObj(n -> OutgoingMessage.text("" + n).build())
                            .toList());
        }
        ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (PgQueue other = PgQueue.builder(dataSource).build()) {
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Receiver mine = (i % 2 == 0 ? queue : other).receiver(name);
                ends.add(threads.submit(() -> {
                    Receiver.Turn turn = mine.ackAndReceive(List.of(), 30, Duration.ZERO);
                    while (!turn.deliveries().isEmpty()) {
                        seen.addAll(texts(turn));
                        turn = mine.ackAndReceive(turn.deliveries(), 30, Duration.ofMillis(300));
                        assertThat(turn.stale()).isEmpty();
                    }
                    return null;
                }));
            }
            for (Future<?> end : ends) {
                end.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(seen).hasSize(messages).doesNotHaveDuplicates();
        assertThat(unfinished()).isZero();
    }

    private void watchTransactions() throws SQLException {
        execute(
                "create table seen (what text, xid xid8); create function see() returns trigger language plpgsql as $$ begin"
                        + " insert into public.seen values (tg_op, pg_current_xact_id()); return null; end $$;"
                        + "create trigger see after update or delete on pgqueue.delivery for each row execute function see()");
    }

    private Receiver.Turn turn(List<Delivery> done, Duration wait) {
        try {
            return receiver.ackAndReceive(done, 1, wait);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void publish(int messages) {
        for (int i = 0; i < messages; i++) {
            queue.publish(name, OutgoingMessage.text("" + i).build());
        }
    }

    private long unfinished() {
        return queue.admin().stats(null, name).unfinished();
    }

    private static List<String> texts(Receiver.Turn turn) {
        return turn.deliveries().stream()
                .map(delivery -> new String(delivery.body(), StandardCharsets.UTF_8))
                .toList();
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String text(String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
