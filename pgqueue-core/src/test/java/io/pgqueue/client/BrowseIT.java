// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.BrowsePage;
import io.pgqueue.BrowsedMessage;
import io.pgqueue.Delivery;
import io.pgqueue.DeliveryState;
import io.pgqueue.Failure;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CON-22. */
@PostgresTest(template = MigratedSchema.class)
class BrowseIT {

    private PgQueue queue;

    @BeforeEach
    void open(DataSource dataSource) {
        queue = PgQueue.builder(dataSource).build();
    }

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void everyStateIsShownAndNothingIsHiddenByLooking() {
        declare("states");
        send("states", "leased");
        send("states", "failed");
        Receiver receiver = queue.receiver("states");
        Delivery leased = receiver.receive(1).get(0);
        Delivery failed = receiver.receive(1).get(0);
        queue.nack(failed, Duration.ofHours(1), Failure.of(new IllegalStateException("x")));
        send("states", "ready");
        queue.publish(
                "states",
                OutgoingMessage.text("delayed").delay(Duration.ofMinutes(1)).build());

        List<BrowsedMessage> seen = all("states", BrowseOptions.DEFAULT.withBodies());
        assertThat(seen).extracting(m -> new String(m.body())).containsExactly("leased", "ready", "delayed", "failed");
        assertThat(seen)
                .extracting(BrowsedMessage::state)
                .containsExactly(
                        DeliveryState.LEASED, DeliveryState.READY, DeliveryState.DELAYED, DeliveryState.RETRYING);
        assertThat(seen).extracting(BrowsedMessage::attempts).containsExactly(1, 0, 0, 1);
        assertThat(seen.get(0).until()).isEqualTo(leased.lease().until());
        assertThat(seen.get(1).until()).isNull();
        assertThat(seen.get(3).firstFailedAt()).isNotNull();
        assertThat(seen.get(0).messageId()).isEqualTo(leased.messageId());

        assertThat(all("states", BrowseOptions.DEFAULT.withStates(DeliveryState.RETRYING)))
                .singleElement()
                .satisfies(m -> assertThat(m.body()).as("not asked for").isNull());
        assertThat(all("states", BrowseOptions.DEFAULT)).hasSize(4);
        assertThat(receiver.receive(10)).extracting(Delivery::attempts).containsExactly(1);
        queue.ack(leased);
    }

    @Test
    void pagesFollowTheDeliveryOrderWithoutGapOrRepetition() {
        declare("pages");
        queue.publish(
                "pages",
                IntStream.range(0, 2000)
                        .mapToObj(i ->
                                OutgoingMessage.text("x").priority(i % 3 * 4).build())
                        .toList());
        queue.publish(
                "pages",
                IntStream.range(0, 500)
                        .mapToObj(i -> OutgoingMessage.text("x")
                                .delay(Duration.ofMinutes(1 + i % 7))
                                .build())
                        .toList());
        List<BrowsedMessage> seen = all("pages", BrowseOptions.DEFAULT.withLimit(37));
        assertThat(seen).hasSize(2500);
        assertThat(new HashSet<>(seen.stream().map(BrowsedMessage::messageId).toList()))
                .hasSize(2500);
        List<Long> received = queue.receiver("pages").receive(1000).stream()
                .map(d -> d.lease().position())
                .toList();
        assertThat(seen.subList(0, 1000)).extracting(BrowsedMessage::position).containsExactlyElementsOf(received);
        assertThat(seen.subList(2000, 2500).stream().map(BrowsedMessage::until))
                .doesNotContainNull()
                .isSorted();
    }

    @Test
    void aSelectorFindsItsMessageBehindManyOthers() {
        declare("picked");
        queue.publish(
                "picked",
                IntStream.range(0, 12_000)
                        .mapToObj(
                                i -> OutgoingMessage.text("x").property("n", i).build())
                        .toList());
        BrowseOptions options = BrowseOptions.DEFAULT.withSelector("n BETWEEN 11000 AND 11004");
        assertThat(queue.browse(null, "picked", options, null).next())
                .as("a page ends although nothing was found yet")
                .isNotNull();
        assertThat(all("picked", options)).hasSize(5);
    }

    @Test
    void aPageOfBodiesIsBoundedInBytes() {
        declare("large");
        for (int i = 0; i < 5; i++) {
            queue.publish(
                    "large", OutgoingMessage.bytes(new byte[3 * 1024 * 1024]).build());
        }
        BrowseOptions options = BrowseOptions.DEFAULT.withBodies();
        BrowsePage first = queue.browse(null, "large", options, null);
        assertThat(first.messages()).hasSize(1);
        assertThat(all("large", options)).hasSize(5);
    }

    @Test
    void whatHasExpiredIsNotShown() throws Exception {
        declare("expired");
        queue.publish(
                "expired",
                OutgoingMessage.text("x").timeToLive(Duration.ofMillis(1)).build());
        send("expired", "y");
        while (all("expired", BrowseOptions.DEFAULT).size() > 1) {
            Thread.onSpinWait();
        }
        assertThat(all("expired", BrowseOptions.DEFAULT.withBodies())).hasSize(1);
    }

    /** RET-1: retention counts from when it became available. */
    @Test
    void whatHasOutlivedItsRetentionIsNotShown(DataSource dataSource) throws Exception {
        queue.admin()
                .declareQueue(QueueSpec.of("outlived")
                        .withSettings(SubscriptionSettings.DEFAULT.withRetention(Duration.ofHours(1))));
        send("outlived", "kept");
        send("outlived", "old");
        send("outlived", "delayed until now");
        try (Sql sql = new Sql(dataSource)) {
            int destination = sql.destination("outlived");
            sql.run(
                    "update pgqueue.message set sent_at = sent_at - interval '2 hours' "
                            + "where destination_id = ? and convert_from(body, 'UTF8') <> 'kept'",
                    destination);
            sql.run(
                    "update pgqueue.delivery set ready_at = now() where subscription_id = ? and position = "
                            + "(select max(id) from pgqueue.message)",
                    sql.subscription("outlived"));
        }
        assertThat(all("outlived", BrowseOptions.DEFAULT.withBodies()))
                .extracting(m -> new String(m.body()))
                .containsExactly("kept", "delayed until now");
    }

    @Test
    void badInputIsRefused() {
        assertThatThrownBy(() -> BrowseOptions.DEFAULT.withLimit(0)).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> queue.browse(null, "nobody", BrowseOptions.DEFAULT, null))
                .isInstanceOf(NotFoundException.class);
    }

    private List<BrowsedMessage> all(String name, BrowseOptions options) {
        List<BrowsedMessage> all = new ArrayList<>();
        BrowsePage.Cursor next = null;
        do {
            BrowsePage page = queue.browse(null, name, options, next);
            all.addAll(page.messages());
            next = page.next();
        } while (next != null);
        return all;
    }

    private void declare(String name) {
        queue.admin().declareQueue(QueueSpec.of(name));
    }

    private void send(String name, String body) {
        queue.publish(name, OutgoingMessage.text(body).build());
    }
}
