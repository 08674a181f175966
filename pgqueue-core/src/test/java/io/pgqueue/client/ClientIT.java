// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.pgqueue.Backlog;
import io.pgqueue.ConflictException;
import io.pgqueue.ConsumerSpec;
import io.pgqueue.Delivery;
import io.pgqueue.Dropped;
import io.pgqueue.Failure;
import io.pgqueue.InvalidArgumentException;
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
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two JVMs, as far as the database can tell: TOP-7, TOP-8, TOP-9. */
@PostgresTest(template = MigratedSchema.class)
class ClientIT {

    private PgQueue here;
    private PgQueue there;
    private Sql sql;
    private DataSource dataSource;
    private String topic;

    @BeforeEach
    void open(DataSource given) throws Exception {
        dataSource = given;
        // No heartbeat for minutes: the tests end leases themselves.
        here = PgQueue.builder(given).clientLease(Duration.ofMinutes(5)).build();
        there = PgQueue.builder(given).clientLease(Duration.ofMinutes(5)).build();
        sql = new Sql(given);
        topic = "t" + UUID.randomUUID();
        here.admin().createTopic(TopicSpec.of(topic));
    }

    @AfterEach
    void close() throws Exception {
        here.close();
        there.close();
        sql.close();
    }

    @Test
    void aClientIdBelongsToOneClientOfTheCluster() {
        Client first = here.client();
        Client second = there.client();
        first.claimClientId("billing");
        assertThatThrownBy(() -> second.claimClientId("billing"))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("billing")
                .hasMessageContaining("in use");
        assertThatThrownBy(() -> first.claimClientId("other")).isInstanceOf(ConflictException.class);
        assertThatThrownBy(() -> second.claimClientId("a b")).isInstanceOf(InvalidNameException.class);
        first.close();
        second.claimClientId("billing");
        assertThat(second.clientId()).isEqualTo("billing");
    }

    @Test
    void aCrashedClientsIdIsFreeWhenItsLeaseEndsAndNotBefore() throws Exception {
        Client crashed = here.client();
        crashed.claimClientId("c1");
        Client next = there.client();
        assertThatThrownBy(() -> next.claimClientId("c1")).isInstanceOf(ConflictException.class);
        endLeaseOf(crashed);
        next.claimClientId("c1");
        assertThatThrownBy(crashed::createTemporaryQueue)
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("its lease ended");
    }

    @Test
    void thousandsWhoWantOneClientIdGetItOneAtATime() throws Exception {
        List<CompletableFuture<Integer>> racers = new ArrayList<>();
        CyclicBarrier barrier = new CyclicBarrier(4);
        for (int i = 0; i < 4; i++) {
            PgQueue jvm = i % 2 == 0 ? here : there;
            racers.add(CompletableFuture.supplyAsync(
                    () -> {
                        int won = 0;
                        for (int round = 0; round < 100; round++) {
                            await(barrier);
                            Client client = jvm.client();
                            try {
                                client.claimClientId("wanted");
                                won++;
                            } catch (ConflictException taken) {
                                // One of the others has it.
                            }
                            await(barrier);
                            client.close();
                        }
                        return won;
                    },
                    task -> new Thread(task).start()));
        }
        int won = 0;
        for (CompletableFuture<Integer> racer : racers) {
            won += racer.get(60, TimeUnit.SECONDS);
        }
        assertThat(won).isEqualTo(100);
        assertThat(sql.number("select count(*) from pgqueue.client where client_id = 'wanted'"))
                .isZero();
    }

    @Test
    void theHeartbeatKeepsOneRowForAllClientsAndUpdatesItInPlace() throws Exception {
        try (PgQueue quick =
                PgQueue.builder(dataSource).clientLease(Duration.ofSeconds(1)).build()) {
            Client a = quick.client();
            Client b = quick.client();
            String queue = a.createTemporaryQueue();
            b.createTemporaryTopic();
            UUID node = (UUID) sql.value("select node_id from pgqueue.client where id = ?", a.id());
            for (int renewal = 0; renewal < 5; renewal++) {
                Object before = lease(node);
                Awaitility.await()
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> !lease(node).equals(before));
            }
            assertThat(sql.number("select count(*) from pgqueue.node where id = ?", node))
                    .isEqualTo(1);
            for (int i = 0; i < 2_000; i++) {
                sql.column("select pgqueue.heartbeat(?, 10000)", node);
            }
            assertThat(sql.number("select pg_relation_size('pgqueue.node')")).isEqualTo(8192);
            assertThat(a.lost()).isFalse();
            quick.publish(queue, OutgoingMessage.text("still there").build());
        }
    }

    @Test
    void aClientThatLostItsLeaseIsToldAndItsConsumersEnd() throws Exception {
        try (PgQueue quick =
                PgQueue.builder(dataSource).clientLease(Duration.ofSeconds(1)).build()) {
            Client client = quick.client();
            CountDownLatch told = new CountDownLatch(1);
            client.onLost(told::countDown);
            client.claimClientId("paused");
            ActiveConsumer consumer = client.consume(ConsumerSpec.durable(topic, "d"));
            endNodeOf(client);
            assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(client.lost()).isTrue();
            assertThat(consumer.receiver().receive(1, Duration.ofSeconds(30))).isEmpty();
            assertThatThrownBy(() -> client.consume(ConsumerSpec.unshared(topic)))
                    .isInstanceOf(ConflictException.class)
                    .hasMessageContaining("lost");
            client.close();
        }
    }

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

    private List<String> browsed(String address) {
        return here.browse(topic, address, BrowseOptions.DEFAULT.withBodies(), null).messages().stream()
                .map(message -> new String(Objects.requireNonNull(message.body()), StandardCharsets.UTF_8))
                .toList();
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

    @Test
    void anUnsharedDurableSubscriptionHasOneConsumerInTheCluster() throws Exception {
        Client client = here.client();
        assertThatThrownBy(() -> client.consume(ConsumerSpec.durable(topic, "d")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("client id");
        client.claimClientId("one");
        ActiveConsumer first = client.consume(ConsumerSpec.durable(topic, "d"));
        assertThatThrownBy(() -> client.consume(ConsumerSpec.durable(topic, "d")))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("active consumer");
        first.close();
        here.publish(topic, OutgoingMessage.text("kept").build());
        try (ActiveConsumer again = client.consume(ConsumerSpec.durable(topic, "d"))) {
            assertThat(take(again)).containsExactly("kept");
        }
    }

    @Test
    void twoJvmsNeverShareAnUnsharedSubscription() throws Exception {
        // Same client id in turn: the first one dies with its consumer open.
        Client dead = here.client();
        dead.claimClientId("c");
        dead.consume(ConsumerSpec.durable(topic, "d"));
        here.publish(topic, OutgoingMessage.text("m").build());
        endLeaseOf(dead);
        Client heir = there.client();
        heir.claimClientId("c");
        try (ActiveConsumer consumer = heir.consume(ConsumerSpec.durable(topic, "d"))) {
            assertThat(take(consumer)).containsExactly("m");
        }
    }

    @Test
    void namesOfDurableSubscriptionsAreThoseOfTheirClientId() {
        Client a = here.client();
        Client b = there.client();
        Client none = there.client();
        a.claimClientId("a");
        b.claimClientId("b");
        ActiveConsumer ofA = a.consume(ConsumerSpec.durable(topic, "same"));
        ActiveConsumer ofB = b.consume(ConsumerSpec.sharedDurable(topic, "same"));
        ActiveConsumer ofNone = none.consume(ConsumerSpec.sharedDurable(topic, "same"));
        ActiveConsumer notDurable = a.consume(ConsumerSpec.shared(topic, "same"));
        here.publish(topic, OutgoingMessage.text("x").build());
        for (ActiveConsumer each : List.of(ofA, ofB, ofNone, notDurable)) {
            assertThat(take(each)).containsExactly("x");
        }
        assertThatThrownBy(() -> a.consume(ConsumerSpec.sharedDurable(topic, "same")))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("unshared");
        assertThatThrownBy(() -> b.consume(ConsumerSpec.durable(topic, "same")))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("shared");
        // The one without a client id is the native subscription of that name.
        assertThat(here.admin().activeConsumers(topic, "same")).isEqualTo(1);
    }

    @Test
    void theExampleOfTheDocumentation() {
        PgQueue queue = here;
        List<String> got = new ArrayList<>();
        // snippet: java-client
        try (Client client = queue.client()) {
            client.claimClientId("warehouse-7");
            ConsumerSpec audit = ConsumerSpec.durable(topic, "audit").withNoLocal(true);
            try (ActiveConsumer consumer = client.consume(audit)) {
                for (Delivery delivery : consumer.receiver().receive(10)) {
                    got.add(delivery.text());
                    queue.ack(delivery);
                }
            }
            String answers = client.createTemporaryQueue();
            queue.publish(
                    answers, OutgoingMessage.text("only this client gets it").build());
        }
        // end snippet
        assertThat(got).isEmpty();
        there.client().claimClientId("warehouse-7");
    }

    @Test
    void aSharedSubscriptionDividesItsMessagesOverTheCluster() {
        ActiveConsumer one = here.client().consume(ConsumerSpec.shared(topic, "s"));
        ActiveConsumer two = there.client().consume(ConsumerSpec.shared(topic, "s"));
        for (int i = 0; i < 10; i++) {
            here.publish(topic, OutgoingMessage.text("m" + i).build());
        }
        List<String> got = new ArrayList<>();
        one.receiver().receive(5).forEach(d -> got.add(d.text()));
        two.receiver().receive(5).forEach(d -> got.add(d.text()));
        assertThat(got).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void whatIsNotDurableEndsWithItsLastConsumer() throws Exception {
        ActiveConsumer one = here.client().consume(ConsumerSpec.shared(topic, "s"));
        ActiveConsumer two = there.client().consume(ConsumerSpec.shared(topic, "s"));
        here.publish(topic, OutgoingMessage.text("x").build());
        one.close();
        assertThat(subscriptions()).isEqualTo(1);
        assertThat(take(two)).containsExactly("x");
        two.close();
        two.close();
        assertThat(subscriptions()).isZero();
        assertThat(here.publish(topic, OutgoingMessage.text("nobody").build()).matched())
                .isZero();
        ActiveConsumer unnamed = here.client().consume(ConsumerSpec.unshared(topic));
        assertThat(subscriptions()).isEqualTo(1);
        assertThat(take(unnamed)).isEmpty();
        unnamed.close();
        assertThat(subscriptions()).isZero();
    }

    @Test
    void whatIsNotDurableEndsWithItsOwnersLease() throws Exception {
        Client crashed = here.client();
        crashed.consume(ConsumerSpec.unshared(topic));
        String queue = crashed.createTemporaryQueue();
        here.publish(queue, OutgoingMessage.text("x").build());
        endLeaseOf(crashed);
        sql.tidy();
        assertThat(subscriptions()).isEqualTo(1);
        sql.run(
                "update pgqueue.node set lease_until = clock_timestamp() - interval '51 seconds' "
                        + "where id = (select node_id from pgqueue.client where id = ?)",
                crashed.id());
        sql.tidy();
        assertThat(subscriptions()).isZero();
        assertThat(sql.number("select count(*) from pgqueue.destination where name = ?", queue))
                .isZero();
    }

    @Test
    void anotherSelectorMakesAnInactiveSubscriptionAnew() {
        Client client = here.client();
        client.claimClientId("sel");
        client.consume(ConsumerSpec.durable(topic, "d").withSelector("n > 1")).close();
        publish(topic, Map.of("n", 2), "old");
        ActiveConsumer same = client.consume(ConsumerSpec.durable(topic, "d").withSelector("n>1"));
        assertThat(take(same)).containsExactly("old");
        publish(topic, Map.of("n", 2), "gone");
        same.close();
        ActiveConsumer other = client.consume(ConsumerSpec.durable(topic, "d").withSelector("n = 1"));
        publish(topic, Map.of("n", 1), "new");
        assertThat(take(other)).containsExactly("new");
        other.close();

        ActiveConsumer shared =
                client.consume(ConsumerSpec.sharedDurable(topic, "sd").withSelector("n = 1"));
        assertThatThrownBy(() -> client.consume(ConsumerSpec.sharedDurable(topic, "sd")))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("another topic, selector or noLocal");
        assertThatCode(() ->
                        client.consume(ConsumerSpec.sharedDurable(topic, "sd").withSelector("n = 1")))
                .doesNotThrowAnyException();
        shared.close();
    }

    @Test
    void unsubscribingNeedsAnIdleSubscription() {
        Client client = here.client();
        client.claimClientId("u");
        ActiveConsumer consumer = client.consume(ConsumerSpec.durable(topic, "d"));
        here.publish(topic, OutgoingMessage.text("x").build());
        Delivery held = consumer.receiver().receive(1).get(0);
        assertThatThrownBy(() -> client.unsubscribe("d"))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("active consumer");
        consumer.close();
        assertThatThrownBy(() -> client.unsubscribe("d"))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("not acknowledged");
        here.ack(held);
        client.unsubscribe("d");
        assertThatThrownBy(() -> client.unsubscribe("d")).isInstanceOf(NotFoundException.class);
        here.admin().createSubscription(SubscriptionSpec.of(topic, "native" + topic));
        there.client().unsubscribe("native" + topic);
        assertThat(here.publish(topic, OutgoingMessage.text("x").build()).matched())
                .isZero();
    }

    @Test
    void noLocalLeavesOutTheConnectionsOwnMessages() {
        Client client = here.client();
        Client other = there.client();
        assertThat(client.origin()).isEmpty();
        ActiveConsumer consumer = client.consume(
                ConsumerSpec.unshared(topic).withSelector("n = 1").withNoLocal(true));
        for (Client sender : List.of(client, other)) {
            for (int n = 1; n <= 2; n++) {
                here.publish(
                        topic,
                        OutgoingMessage.text((sender == client ? "own" : "other") + n)
                                .property("n", n)
                                .origin(sender.origin())
                                .build());
            }
        }
        assertThat(take(consumer)).containsExactly("other1");
        here.publish(topic, OutgoingMessage.text("x").origin(client.origin()).build());
        assertThatThrownBy(() -> ConsumerSpec.shared(topic, "s").withNoLocal(true))
                .isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    void noLocalOfADurableSubscriptionLeavesOutThoseOfItsClientId() {
        Client client = here.client();
        client.claimClientId("nl");
        client.consume(ConsumerSpec.durable(topic, "d").withNoLocal(true)).close();
        client.close();
        Client sameId = there.client();
        sameId.claimClientId("nl");
        Delivery plain = null;
        here.publish(topic, OutgoingMessage.text("own").origin(sameId.origin()).build());
        here.publish(
                topic,
                OutgoingMessage.text("foreign")
                        .property("p", "v")
                        .origin(here.client().origin())
                        .build());
        ActiveConsumer consumer =
                sameId.consume(ConsumerSpec.durable(topic, "d").withNoLocal(true));
        plain = consumer.receiver().receive(10).get(0);
        assertThat(plain.text()).isEqualTo("foreign");
        assertThat(plain.properties()).isEqualTo(Map.of("p", "v"));
        here.ack(plain);
        consumer.close();
        // Without noLocal it is another subscription: made anew.
        ActiveConsumer all = sameId.consume(ConsumerSpec.durable(topic, "d"));
        here.publish(topic, OutgoingMessage.text("own").origin(sameId.origin()).build());
        assertThat(all.receiver().receive(10)).singleElement().satisfies(d -> {
            assertThat(d.text()).isEqualTo("own");
            assertThat(d.properties()).isEmpty();
        });
    }

    @Test
    void aTemporaryQueueTakesFromAllAndGivesToItsOwner() throws Exception {
        Client owner = here.client();
        String queue = owner.createTemporaryQueue();
        there.publish(queue, OutgoingMessage.text("answer").build());
        assertThatThrownBy(() -> there.client().consume(queue)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> there.receiver(queue))
                .isInstanceOf(NotFoundException.class)
                .hasMessageContaining("temporary");
        ActiveConsumer consumer = owner.consume(queue);
        assertThat(take(consumer)).containsExactly("answer");
        assertThatThrownBy(() -> owner.deleteTemporary(queue))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("active consumer");
        consumer.close();
        there.publish(queue, OutgoingMessage.text("late").build());
        owner.deleteTemporary(queue);
        assertThatThrownBy(() -> owner.consume(queue)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> there.publish(queue, OutgoingMessage.text("x").build()))
                .isInstanceOf(NotFoundException.class);
        assertThat(sql.number(
                        "select count(*) from pgqueue.delivery where convert_from((select body from pgqueue.message m "
                                + "where m.id = position limit 1), 'UTF8') = 'late'"))
                .isZero();
    }

    @Test
    void aTemporaryTopicHasSubscriptionsOfItsOwnerThatAreNotDurable() {
        Client owner = here.client();
        owner.claimClientId("tt");
        String name = owner.createTemporaryTopic();
        assertThatThrownBy(() -> there.client().consume(ConsumerSpec.unshared(name)))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> owner.consume(ConsumerSpec.durable(name, "d"))).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> here.admin().createSubscription(SubscriptionSpec.of(name, "x")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("temporary");
        ActiveConsumer consumer = owner.consume(ConsumerSpec.unshared(name));
        assertThat(there.publish(name, OutgoingMessage.text("x").build()).matched())
                .isEqualTo(1);
        assertThat(take(consumer)).containsExactly("x");
        assertThatThrownBy(() -> owner.deleteTemporary(name)).isInstanceOf(ConflictException.class);
        owner.close();
        assertThatThrownBy(() -> there.publish(name, OutgoingMessage.text("x").build()))
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void closingAClientLeavesNothingOfIt() throws Exception {
        Client client = here.client();
        client.claimClientId("all");
        client.createTemporaryQueue();
        client.consume(client.createTemporaryQueue());
        client.consume(ConsumerSpec.unshared(client.createTemporaryTopic()));
        client.consume(ConsumerSpec.unshared(topic));
        client.consume(ConsumerSpec.durable(topic, "stays"));
        client.close();
        client.close();
        assertThat(sql.number("select count(*) from pgqueue.client where id = ?", client.id()))
                .isZero();
        assertThat(sql.number("select count(*) from pgqueue.destination where owner = ?", client.id()))
                .isZero();
        assertThat(sql.number("select count(*) from pgqueue.consumer where client = ?", client.id()))
                .isZero();
        assertThat(sql.column(
                        "select s.name from pgqueue.subscription s join pgqueue.destination d on d.id = "
                                + "s.destination_id where d.name = ?",
                        topic))
                .containsExactly("stays");
        assertThatThrownBy(client::createTemporaryQueue).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aClientThatOnlySendsIsNotEntered() throws Exception {
        long before = sql.number("select count(*) from pgqueue.client");
        try (Client client = here.client()) {
            here.admin().createQueue(QueueSpec.of("plain" + topic));
            here.publish(
                    "plain" + topic,
                    OutgoingMessage.text("x").origin(client.origin()).build());
            ActiveConsumer consumer = client.consume("plain" + topic);
            assertThat(take(consumer)).containsExactly("x");
            assertThat(sql.number("select count(*) from pgqueue.client")).isEqualTo(before);
        }
    }

    @Test
    void aMissingDestinationIsAnErrorUnlessItMayBeCreated() throws Exception {
        String name = "m" + UUID.randomUUID();
        assertThatThrownBy(() -> here.publish(name, OutgoingMessage.text("x").build()))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> here.receiver(name)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> here.requireQueue(name)).isInstanceOf(NotFoundException.class);
        try (PgQueue creating = PgQueue.builder(dataSource)
                .missingDestination(MissingDestination.CREATE)
                .build()) {
            creating.publish(name, OutgoingMessage.text("x").build());
            assertThat(here.receiver(name).receive(1)).hasSize(1);
            assertThat(creating.receiver(name + "r").receive(1)).isEmpty();
            creating.requireTopic(name + "t");
            here.requireTopic(name + "t");
            assertThatThrownBy(() -> creating.requireQueue(name + "t"))
                    .isInstanceOf(NotFoundException.class)
                    .hasMessageContaining("is not a queue but a topic");
            assertThatThrownBy(() -> creating.publish(
                            "pgqueue.temp.gone", OutgoingMessage.text("x").build()))
                    .isInstanceOf(NotFoundException.class);
            assertThatThrownBy(() -> creating.publish(
                            "no name", OutgoingMessage.text("x").build()))
                    .isInstanceOf(InvalidNameException.class);
        }
    }

    private long subscriptions() throws Exception {
        return sql.number(
                "select count(*) from pgqueue.subscription s join pgqueue.destination d on d.id = s.destination_id "
                        + "where d.name = ?",
                topic);
    }

    /** As time does for a JVM that is gone. */
    private void endLeaseOf(Client client) throws Exception {
        sql.run(
                "update pgqueue.node set lease_until = clock_timestamp() - interval '1 millisecond' "
                        + "where id = (select node_id from pgqueue.client where id = ?)",
                client.id());
    }

    private void endNodeOf(Client client) throws Exception {
        sql.run("set search_path = pgqueue, pg_temp");
        sql.run("begin");
        endLeaseOf(client);
        sql.run("select pgqueue.end_nodes(clock_timestamp())");
        sql.run("commit");
    }

    private Object lease(UUID node) throws Exception {
        return sql.value("select lease_until::text from pgqueue.node where id = ?", node);
    }

    private void publish(String destination, Map<String, Object> properties, String text) {
        here.publish(
                destination, OutgoingMessage.text(text).properties(properties).build());
    }

    private List<String> take(ActiveConsumer consumer) {
        List<Delivery> deliveries = consumer.receiver().receive(100);
        here.ack(deliveries);
        return deliveries.stream().map(Delivery::text).toList();
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
