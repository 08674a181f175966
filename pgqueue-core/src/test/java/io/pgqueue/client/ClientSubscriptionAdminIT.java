// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.pgqueue.Backlog;
import io.pgqueue.ConsumerSpec;
import io.pgqueue.Dropped;
import io.pgqueue.Failure;
import io.pgqueue.InvalidNameException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.Purge;
import io.pgqueue.QueueSpec;
import io.pgqueue.Redrive;
import io.pgqueue.ReplayFrom;
import io.pgqueue.SubscriptionMetrics;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** TOP-2, TOP-5, TOP-12, TOP-13, FIL-12: what belongs to a client id is administered by {@code client-id/name}. */
class ClientSubscriptionAdminIT extends TwoJvms {

    /** TOP-2, TOP-5, TOP-12: two of one name, told apart by their client ids. */
    @Test
    void aSubscriptionOfAClientIdIsAdministeredByBothNames() throws Exception {
        PgQueueAdmin admin = there.admin();
        String name = "audit-" + topic;
        ActiveConsumer consumer = null;
        for (String id : List.of("a-" + topic, "b-" + topic)) {
            Client client = here.client();
            client.claimClientId(id);
            consumer = client.consume(ConsumerSpec.durable(topic, name));
        }
        Receiver receiver = Objects.requireNonNull(consumer).receiver();
        String one = "a-" + topic + "/" + name;
        String two = "b-" + topic + "/" + name;
        here.publish(topic, OutgoingMessage.text("x").build());

        assertThat(admin.stats(topic, one).ready()).isEqualTo(1);
        assertThat(admin.metrics())
                .filteredOn(m -> topic.equals(m.topic()))
                .extracting(
                        SubscriptionMetrics::address,
                        SubscriptionMetrics::clientId,
                        SubscriptionMetrics::subscription,
                        SubscriptionMetrics::durable)
                .containsExactlyInAnyOrder(tuple(one, "a-" + topic, name, true), tuple(two, "b-" + topic, name, true));
        assertThat(sql.column("select address from pgqueue.list_subscriptions(?)", topic))
                .containsExactly(one, two);
        assertThat(sql.column("select address from pgqueue.list_subscriptions(?, ?, 1)", topic, one))
                .containsExactly(two);
        assertThat(admin.subscriptions(topic, "")).isEmpty();

        admin.pause(topic, two);
        assertThat(receiver.receive(1)).isEmpty();
        assertThat(admin.metrics(topic, one).paused()).isFalse();
        admin.resume(topic, two);
        here.deadLetter(receiver.receive(1).get(0), "BAD", Failure.of(new IllegalStateException("bad")));
        assertThat(admin.deadLetters(topic, one).list(10)).isEmpty();
        assertThat(admin.deadLetters(topic, two).list(10)).hasSize(1);
        assertThat(admin.deadLetters(topic, two).redrive(Redrive.ALL)).isEqualTo(1);
        assertThat(admin.stats(topic, two).ready()).isEqualTo(1);
        assertThat(admin.purge(topic, one, Purge.WAITING)).isEqualTo(1);
        assertThat(admin.stats(topic, two).ready()).isEqualTo(1);

        admin.alterSubscription(topic, two, SubscriptionSettings.DEFAULT.withLease(Duration.ofSeconds(77)));
        assertThat(sql.number(
                        "select (settings ->> 'lease_ms')::bigint from pgqueue.list_subscriptions(?, ?)", topic, one))
                .isEqualTo(77_000);
    }

    /** TOP-2, TOP-5, TOP-13, FIL-12: the rest of administration. */
    @Test
    void aSubscriptionOfAClientIdIsBrowsedFilteredRewoundMovedAndDroppedByItsName() {
        PgQueueAdmin admin = there.admin();
        admin.alterTopic(TopicSpec.of(topic).withRetain(Duration.ofHours(1)));
        String name = "audit-" + topic;
        String one = "a-" + topic + "/" + name;
        String two = "b-" + topic + "/" + name;
        List<Client> clients = new ArrayList<>();
        for (String id : List.of("a-" + topic, "b-" + topic)) {
            Client client = here.client();
            client.claimClientId(id);
            client.consume(ConsumerSpec.durable(topic, name).withNoLocal(true)).close();
            clients.add(client);
        }
        for (int i = 0; i < 4; i++) {
            here.publish(topic, OutgoingMessage.text("" + i).property("n", i).build());
        }

        assertThat(browsed(two)).containsExactly("0", "1", "2", "3");

        SubscriptionSpec spec = admin.subscription(topic, two);
        assertThat(spec).isEqualTo(SubscriptionSpec.of(topic, two));
        assertThat(admin.previewAlter(spec.withSelector("n < 2"), Backlog.REFILTER)
                        .discarded())
                .isEqualTo(2);
        assertThat(admin.alterSubscription(spec.withSelector("n < 2"), Backlog.REFILTER)
                        .discarded())
                .isEqualTo(2);
        assertThat(admin.subscription(topic, two).selector()).isEqualTo("n < 2");
        assertThat(browsed(two)).containsExactly("0", "1");
        assertThat(browsed(one)).containsExactly("0", "1", "2", "3");
        admin.alterSubscription(spec.withSelector("n < 3"));
        // The rest of its filter is the consumer's and stays.
        here.publish(
                topic,
                OutgoingMessage.text("own")
                        .property("n", 0)
                        .origin(clients.get(1).origin())
                        .build());
        assertThat(browsed(two)).containsExactly("0", "1");

        assertThat(admin.rewind(topic, two, ReplayFrom.earliest())).isEqualTo(1);
        assertThat(browsed(two)).containsExactly("0", "1", "2");

        String queue = "queue-" + topic;
        admin.declareQueue(QueueSpec.of(queue));
        assertThat(admin.move(topic, two, queue, 2).moved()).isEqualTo(2);
        assertThat(browsed(two)).containsExactly("2");
        assertThat(admin.stats(queue).ready()).isEqualTo(2);

        Dropped dropped = admin.dropSubscription(topic, two, true);
        assertThat(dropped.deliveries()).isEqualTo(1);
        assertThatThrownBy(() -> browsed(two)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> admin.subscription(topic, two)).isInstanceOf(NotFoundException.class);
        assertThat(browsed(one)).containsExactly("0", "1", "2", "3", "own");
    }

    /** FIL-12: what its consumer asks for decides in the end. */
    @Test
    void aConsumerThatComesBackWithAnotherSelectorThanTheAlteredOneGetsAnEmptySubscription() {
        Client client = here.client();
        client.claimClientId("d-" + topic);
        ConsumerSpec audit = ConsumerSpec.durable(topic, "audit-" + topic);
        client.consume(audit).close();
        String address = "d-" + topic + "/audit-" + topic;
        here.publish(topic, OutgoingMessage.text("x").property("n", 1).build());
        here.admin().alterSubscription(here.admin().subscription(topic, address).withSelector("n = 1"));
        client.consume(audit.withSelector("n = 1")).close();
        assertThat(browsed(address)).containsExactly("x");
        client.consume(audit).close();
        assertThat(browsed(address)).isEmpty();
    }

    @Test
    void oneOfAClientIdIsNotDeclared() {
        String name = "e-" + topic + "/audit-" + topic;
        SubscriptionSpec spec = SubscriptionSpec.of(topic, name);
        for (ThrowingCallable make : List.<ThrowingCallable>of(
                () -> here.admin().declareSubscription(spec), () -> here.admin().createSubscription(spec))) {
            assertThatThrownBy(make)
                    .isInstanceOf(InvalidNameException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining("belongs to a client id");
        }
        for (String wrong : List.of("/x", "x/", "a/b/c", "a b/c")) {
            assertThatThrownBy(() -> SubscriptionSpec.of(topic, wrong)).isInstanceOf(InvalidNameException.class);
            assertThatThrownBy(() -> ConsumerSpec.durable(topic, name)).isInstanceOf(InvalidNameException.class);
        }
    }

    @Test
    void onlyADurableOneOfThisTopicHasSuchAName() {
        Client client = here.client();
        client.claimClientId("c-" + topic);
        client.consume(ConsumerSpec.durable(topic, "known-" + topic));
        here.admin().createTopic(TopicSpec.of("other-" + topic));
        String name = "c-" + topic + "/known-" + topic;
        assertThat(here.admin().stats(topic, name).ready()).isZero();
        assertThatThrownBy(() -> here.admin().stats("other-" + topic, name)).isInstanceOf(NotFoundException.class);
        for (String wrong : List.of(name + "/", "/" + name, "/known-" + topic, "known-" + topic)) {
            assertThatThrownBy(() -> here.admin().stats(topic, wrong))
                    .isInstanceOf(NotFoundException.class)
                    .hasMessageContaining(wrong);
        }
        // Else anybody could consume beside the one consumer that is allowed.
        assertThatThrownBy(() -> here.receiver(topic, name)).isInstanceOf(NotFoundException.class);
    }

    private List<String> browsed(String address) {
        return here.browse(topic, address, BrowseOptions.DEFAULT.withBodies(), null).messages().stream()
                .map(message -> new String(Objects.requireNonNull(message.body()), StandardCharsets.UTF_8))
                .toList();
    }
}
