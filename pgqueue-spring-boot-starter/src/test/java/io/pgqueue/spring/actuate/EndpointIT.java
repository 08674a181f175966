// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.actuate.PgQueueEndpoint.Action;
import io.pgqueue.spring.actuate.PgQueueEndpoint.DestinationView;
import io.pgqueue.spring.actuate.PgQueueEndpoint.SubscriptionView;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.support.ResourcePropertySource;

@PostgresTest(template = MigratedSchema.class)
class EndpointIT {

    private static ApplicationContextRunner exposed(PGSimpleDataSource database) {
        return QueueApplication.on(database).withPropertyValues("management.endpoints.web.exposure.include=pgqueue");
    }

    @Test
    void showsDestinationsSubscriptionsAndListeners(PGSimpleDataSource database) {
        exposed(database).run(context -> {
            PgQueueEndpoint endpoint = context.getBean(PgQueueEndpoint.class);
            ListenerTest test = ListenerTest.of(context, "shown.queue", UnaryOperator.identity());
            test.admin().declareTopic(TopicSpec.of("shown.topic"));
            test.admin().declareSubscription(SubscriptionSpec.of("shown.topic", "mail"));
            test.queue()
                    .publish("shown.topic", io.pgqueue.OutgoingMessage.text("x").build());
            test.listen(delivery -> {}, options -> options.concurrency(3));

            assertThat(endpoint.overview(null).destinations()).contains("shown.queue", "shown.topic");
            assertThat(endpoint.overview("shown.queue").destinations())
                    .contains("shown.topic")
                    .doesNotContain("shown.queue");
            assertThat(endpoint.overview(null).listeners()).singleElement().satisfies(listener -> {
                assertThat(listener.destination()).isEqualTo("shown.queue");
                assertThat(listener.state()).isEqualTo(ContainerState.RUNNING);
                assertThat(listener.concurrency()).isEqualTo(3);
            });
            DestinationView topic = Objects.requireNonNull(endpoint.destination("shown.topic"));
            assertThat(topic.kind()).isEqualTo("topic");
            assertThat(topic.subscriptions()).singleElement().satisfies(mail -> {
                assertThat(mail.name()).isEqualTo("mail");
                assertThat(mail.messages().ready()).isEqualTo(1);
            });
            assertThat(endpoint.destination("shown.none")).isNull();
            assertThat(endpoint.subscription("shown.topic", "none", null)).isNull();
            assertThat(endpoint.subscription("shown.queue", "other", null)).isNull();
            assertThatThrownBy(() -> endpoint.subscription("shown.queue", "shown.queue", 1001))
                    .isInstanceOf(InvalidEndpointRequestException.class)
                    .hasMessageContaining("0 to 1000");
        });
    }

    @Test
    void showsDeadLettersWithoutWhatTheySay(PGSimpleDataSource database) {
        exposed(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "shown.dead", UnaryOperator.identity());
            die(test, "shown.dead", "the secret");
            SubscriptionView view = Objects.requireNonNull(
                    context.getBean(PgQueueEndpoint.class).subscription("shown.dead", "shown.dead", null));
            assertThat(view.subscription().messages().dead()).isEqualTo(1);
            assertThat(view.deadLetters()).singleElement().satisfies(dead -> {
                assertThat(dead.reason()).isEqualTo("BROKEN");
                assertThat(dead.error()).isEqualTo("java.lang.IllegalStateException");
                assertThat(dead.bodyBytes()).isPositive();
            });
            assertThat(view.toString()).doesNotContain("the secret");
        });
    }

    @ParameterizedTest
    @EnumSource
    void everyActionNeedsItsOwnPermission(Action action, PGSimpleDataSource database) {
        String allowed = action.name().toLowerCase(Locale.ROOT);
        exposed(database)
                .withPropertyValues("pgqueue.endpoint.allow-" + allowed + "=true")
                .run(context -> {
                    PgQueueEndpoint endpoint = context.getBean(PgQueueEndpoint.class);
                    ListenerTest.of(context, "permitted", UnaryOperator.identity());
                    for (Action other : Action.values()) {
                        if (other == action) {
                            assertThat(endpoint.act("permitted", "permitted", other))
                                    .isNotNull();
                            assertThat(endpoint.act("permitted", "none", other)).isNull();
                        } else {
                            assertThatThrownBy(() -> endpoint.act("permitted", "permitted", other))
                                    .isInstanceOf(InvalidEndpointRequestException.class)
                                    .hasMessageContaining("pgqueue.endpoint.allow-"
                                            + other.name().toLowerCase(Locale.ROOT) + "=true");
                        }
                    }
                });
    }

    @Test
    void actionsDoWhatTheySay(PGSimpleDataSource database) {
        exposed(database)
                .withPropertyValues(
                        "pgqueue.endpoint.allow-pause=true",
                        "pgqueue.endpoint.allow-resume=true",
                        "pgqueue.endpoint.allow-redrive=true",
                        "pgqueue.endpoint.allow-purge=true")
                .run(context -> {
                    PgQueueEndpoint endpoint = context.getBean(PgQueueEndpoint.class);
                    ListenerTest test = ListenerTest.of(context, "acted", UnaryOperator.identity());
                    die(test, "acted", "x");

                    endpoint.act("acted", "acted", Action.PAUSE);
                    assertThat(act(endpoint, Action.REDRIVE)).isEqualTo(1);
                    assertThat(test.stats().dead()).isZero();
                    assertThat(receive(test.queue(), "acted", Duration.ZERO)).isEmpty();
                    endpoint.act("acted", "acted", Action.RESUME);
                    List<Delivery> again = receive(test.queue(), "acted", ListenerTest.LONG);
                    assertThat(again).hasSize(1);
                    test.queue().release(again);
                    assertThat(act(endpoint, Action.PURGE)).isEqualTo(1);
                    assertThat(test.stats().unfinished()).isZero();
                });
    }

    @Test
    void theGuideExposesIt(PGSimpleDataSource database) throws IOException {
        PropertySource<?> guide = new ResourcePropertySource(new ClassPathResource("docs/endpoint.properties"));
        QueueApplication.on(database)
                .withInitializer(
                        context -> context.getEnvironment().getPropertySources().addFirst(guide))
                .run(context -> {
                    ListenerTest.of(context, "guided", UnaryOperator.identity());
                    PgQueueEndpoint endpoint = context.getBean(PgQueueEndpoint.class);
                    assertThat(endpoint.act("guided", "guided", Action.PAUSE)).isNotNull();
                    assertThat(context.getBean(PgListenersEndpoint.class)
                                    .act("nobody", PgListenersEndpoint.Action.STOP))
                            .isNull();
                    assertThatThrownBy(() -> endpoint.act("guided", "guided", Action.PURGE))
                            .isInstanceOf(InvalidEndpointRequestException.class);
                });
    }

    private static long act(PgQueueEndpoint endpoint, Action action) {
        return Objects.requireNonNull(endpoint.act("acted", "acted", action)).messages();
    }

    private static void die(ListenerTest test, String queue, String text) throws InterruptedException {
        test.send(text);
        for (Delivery delivery : receive(test.queue(), queue, ListenerTest.LONG)) {
            test.queue().deadLetter(delivery, "BROKEN", Failure.of(new IllegalStateException(text)));
        }
        assertThat(test.stats().dead()).isEqualTo(1);
    }

    private static List<Delivery> receive(PgQueue queue, String name, Duration wait) throws InterruptedException {
        try (var receiver = queue.receiver(name)) {
            return receiver.receive(1, wait);
        }
    }
}
