// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.ConflictException;
import io.pgqueue.ConsumerSpec;
import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.SubscriptionSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** TOP-7: durable or not, shared or not, of one client or of all. */
class SubscriptionKindsIT extends TwoJvms {

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
        assertThat(subscriptions()).as("nobody asks for it yet").isEqualTo(1);
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

    private void publish(String destination, Map<String, Object> properties, String text) {
        here.publish(
                destination, OutgoingMessage.text(text).properties(properties).build());
    }
}
