// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.ConflictException;
import io.pgqueue.ConsumerSpec;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.InvalidNameException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.SubscriptionSpec;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** TOP-8, TOP-9: destinations that are there for as long as their owner, or not at all. */
class TemporaryDestinationIT extends TwoJvms {

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
}
