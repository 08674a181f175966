// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.ConflictException;
import io.pgqueue.ConsumerSpec;
import io.pgqueue.InvalidNameException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** TOP-7, TOP-8: client ids, and the lease by which everybody knows that a client is there. */
class ClientIT extends TwoJvms {

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
                PgQueue.builder(dataSource).clientLease(Duration.ofSeconds(3)).build()) {
            Client a = quick.client();
            Client b = quick.client();
            String queue = a.createTemporaryQueue();
            b.createTemporaryTopic();
            UUID node = (UUID) sql.value("select node_id from pgqueue.client where id = ?", a.id());
            for (int renewal = 0; renewal < 3; renewal++) {
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

    /** Four refusals in a row would take longer than the lease if each heartbeat waited for the next. */
    @Test
    void aHeartbeatThatFailsIsTriedAgainSoon() throws Exception {
        CountingSource source = new CountingSource(dataSource);
        try (PgQueue queue = PgQueue.builder(source)
                .maintenance(false)
                .clientLease(Duration.ofSeconds(6))
                .build()) {
            Client client = queue.client();
            client.createTemporaryQueue();
            UUID node = (UUID) sql.value("select node_id from pgqueue.client where id = ?", client.id());
            source.refuse(4);
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> source.refusalsLeft() == 0);
            assertThat(sql.value("select lease_until > clock_timestamp() from pgqueue.node where id = ?", node))
                    .isEqualTo(true);
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

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
