// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.kotlin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.DeadLetter;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Listeners and payloads written in Kotlin: the type comes from the parameter, never from the message. */
@PostgresTest(template = MigratedSchema.class)
class KotlinIT {

    @Test
    void dataClassesAreSentAndReceived(PGSimpleDataSource database) {
        shop(database).run(context -> {
            Orders orders = context.getBean(Orders.class);
            Order order = new Order(1, "Ada", null, 9, List.of(new Line("pen", 2), new Line("ink", 3)));
            context.getBean(Checkout.class).buy(order);
            await().atMost(ListenerTest.LONG).until(() -> orders.getSeen().size() == 2);
            assertThat(orders.getSeen()).containsExactly(order, new Receipt(1, 5));
            assertThat(orders.getColors()).containsExactly("null at 1");
        });
    }

    /** What only Jackson's Kotlin module does; without it an absent int is 0 and an absent list null. */
    @Test
    void whatIsAbsentHasItsDefault(PGSimpleDataSource database) {
        shop(database).run(context -> {
            Orders orders = context.getBean(Orders.class);
            context.getBean(PgQueue.class).publish("orders", json("""
                            {"number": 2, "customer": "Bob", "unknown": true}""", Map.of("color", "red")));
            await().atMost(ListenerTest.LONG).until(() -> orders.getSeen().size() == 2);
            assertThat(orders.getSeen()).containsExactly(new Order(2, "Bob", null, 4, List.of()), new Receipt(2, 0));
            assertThat(orders.getColors()).containsExactly("red at 1");
        });
    }

    @Test
    void nullWhereKotlinAllowsNoneIsADeadLetterAtOnce(PGSimpleDataSource database) {
        shop(database).run(context -> {
            PgQueue queue = context.getBean(PgQueue.class);
            queue.publish("orders", json("""
                            {"number": 3}""", Map.of()));
            queue.publish("orders", json("""
                            {"number": 4, "customer": null}""", Map.of()));
            await().atMost(ListenerTest.LONG)
                    .until(() -> queue.admin().deadLetters("orders").list(10).size() == 2);
            assertThat(queue.admin().deadLetters("orders").list(10))
                    .extracting(DeadLetter::reason)
                    .containsOnly("UNREADABLE");
            assertThat(queue.admin().deadLetters("orders").list(10))
                    .allSatisfy(letter -> assertThat(letter.failure().message()).contains("customer"));
            assertThat(context.getBean(Orders.class).getSeen()).isEmpty();
        });
    }

    @Test
    void batchesAreListsOfDataClasses(PGSimpleDataSource database) {
        shop(database).run(context -> {
            Orders orders = context.getBean(Orders.class);
            context.getBean(PgTemplate.class).convertAndSendAll("lines", List.of(new Line("a", 1), new Line("b", 2)));
            await().atMost(ListenerTest.LONG).until(() -> orders.getSeen().size() == 2);
            assertThat(orders.getSeen()).containsExactlyInAnyOrder(new Line("a", 1), new Line("b", 2));
        });
    }

    @Test
    void aSealedTypeIsHandledByItsKinds(PGSimpleDataSource database) {
        shop(database).run(context -> {
            Commands commands = context.getBean(Commands.class);
            Checkout checkout = context.getBean(Checkout.class);
            checkout.command(new Command.Ship(1));
            checkout.command(new Command.Cancel(2, "late"));
            await().atMost(ListenerTest.LONG).until(() -> commands.getSeen().size() == 2);
            assertThat(commands.getSeen())
                    .containsExactlyInAnyOrder(new Command.Ship(1), new Command.Cancel(2, "late"));
        });
    }

    /** It would be acknowledged at its first suspension, before its work is done. */
    @Test
    void aSuspendFunctionIsRefusedAtStart(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withBean(Suspending.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("Suspending.order")
                        .hasMessageContaining("suspend")
                        .hasMessageContaining("runBlocking"));
    }

    private static ApplicationContextRunner shop(PGSimpleDataSource database) {
        return QueueApplication.on(database).withUserConfiguration(Shop.class);
    }

    private static OutgoingMessage json(String body, Map<String, Object> properties) {
        return OutgoingMessage.text(body)
                .contentType("application/json")
                .properties(properties)
                .build();
    }
}
