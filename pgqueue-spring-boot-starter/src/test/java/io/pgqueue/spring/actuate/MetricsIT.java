// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.spring.autoconfigure.PgQueueCustomizer;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.MDC;
import org.springframework.context.ApplicationContext;

@PostgresTest(template = MigratedSchema.class)
class MetricsIT {

    /** OBS-4. */
    @Test
    void countsWhatHappens(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withBean(SimpleMeterRegistry.class)
                .withPropertyValues("pgqueue.metrics.sample-interval=1s")
                .run(context -> {
                    ListenerTest test = ListenerTest.of(
                            context,
                            "metered",
                            settings -> settings.withRedelivery(
                                    RedeliveryPolicy.DEFAULT.withMaxAttempts(2).withFixedBackoff(Duration.ZERO)));
                    test.listen(
                            delivery -> {
                                if (delivery.text().contains("bad")) {
                                    throw new IllegalStateException("bad");
                                }
                            },
                            UnaryOperator.identity());
                    test.sendAll(List.of("one", "two", "bad"));
                    test.awaitDeadLetter();
                    test.awaitNothingLeft();

                    assertThat(count(context, MeterNames.PUBLISHED, "destination", "metered"))
                            .isEqualTo(3);
                    await().ignoreExceptions().untilAsserted(() -> {
                        assertThat(count(context, MeterNames.RECEIVED, "subscription", "metered"))
                                .isEqualTo(4);
                        assertThat(count(context, MeterNames.ACKED, "subscription", "metered"))
                                .isEqualTo(2);
                        assertThat(count(context, MeterNames.RETRIED, "subscription", "metered"))
                                .isEqualTo(1);
                        assertThat(count(context, MeterNames.DEAD, "subscription", "metered"))
                                .isEqualTo(1);
                        assertThat(registry(context)
                                        .get(MeterNames.HANDLER)
                                        .timer()
                                        .count())
                                .isEqualTo(4);
                    });
                    assertThat(registry(context).get(MeterNames.LAG).timer().count())
                            .as("lag is that of first attempts")
                            .isEqualTo(3);
                    await().ignoreExceptions()
                            .untilAsserted(() -> assertThat(registry(context)
                                            .get(MeterNames.MESSAGES + "dead")
                                            .tag("subscription", "metered")
                                            .gauge()
                                            .value())
                                    .isEqualTo(1));
                    assertThat(registry(context)
                                    .get(MeterNames.SAMPLE_AGE)
                                    .timeGauge()
                                    .value())
                            .isNotNegative();
                });
    }

    /** OBS-2, OBS-3: what the samples of the database say, whoever took them. */
    @Test
    void theGaugesShowTheLastSample(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withBean(SimpleMeterRegistry.class)
                .withPropertyValues("pgqueue.metrics.sample-interval=1s")
                .run(context -> {
                    ListenerTest test = ListenerTest.of(context, "sampled", UnaryOperator.identity());
                    test.listen(delivery -> {}, UnaryOperator.identity()).pause();
                    test.sendAll(List.of("one", "two"));
                    await().atMost(ListenerTest.LONG).ignoreExceptions().untilAsserted(() -> {
                        assertThat(gauge(context, MeterNames.MESSAGES + "ready"))
                                .isEqualTo(2);
                        assertThat(gauge(context, MeterNames.OLDEST_AGE)).isPositive();
                    });
                    assertThat(test.admin().metrics(null, "sampled").counts().ready())
                            .isEqualTo(2);
                });
    }

    /** TOP-15: also of subscriptions that this application does not listen to; the gauge goes with them. */
    @Test
    void aGaugeTellsHowLongAnUnusedSubscriptionStillHas(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withBean(SimpleMeterRegistry.class)
                .withPropertyValues("pgqueue.metrics.sample-interval=1s")
                .run(context -> {
                    ListenerTest test = ListenerTest.of(context, "busy", UnaryOperator.identity());
                    test.listen(delivery -> {}, UnaryOperator.identity());
                    test.admin().declareTopic(TopicSpec.of("unused"));
                    test.admin()
                            .declareSubscription(SubscriptionSpec.of("unused", "unused.a")
                                    .withSettings(
                                            SubscriptionSettings.DEFAULT.withExpireAfterIdle(Duration.ofHours(2))));
                    await().atMost(ListenerTest.LONG)
                            .ignoreExceptions()
                            .untilAsserted(() -> assertThat(registry(context)
                                            .get(MeterNames.EXPIRES_IN)
                                            .tag("destination", "unused")
                                            .tag("subscription", "unused.a")
                                            .timeGauge()
                                            .value(TimeUnit.MINUTES))
                                    .isBetween(119.0, 122.0));
                    test.admin().dropSubscription("unused", "unused.a", true);
                    await().atMost(ListenerTest.LONG).until(() -> noneExpires(context, "unused"));
                });
    }

    /** It would show the last time left for ever. */
    @Test
    void aGaugeOfAnUnusedSubscriptionGoesWithTheLastListener(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withBean(SimpleMeterRegistry.class)
                .withPropertyValues("pgqueue.metrics.sample-interval=1s")
                .run(context -> {
                    ListenerTest test = ListenerTest.of(context, "last", UnaryOperator.identity());
                    String id = test.listen(delivery -> {}, UnaryOperator.identity())
                            .id();
                    test.admin().declareTopic(TopicSpec.of("frozen"));
                    test.admin()
                            .declareSubscription(SubscriptionSpec.of("frozen", "frozen.a")
                                    .withSettings(
                                            SubscriptionSettings.DEFAULT.withExpireAfterIdle(Duration.ofHours(2))));
                    await().atMost(ListenerTest.LONG).until(() -> !noneExpires(context, "frozen"));
                    context.getBean(PgListenerEndpointRegistry.class).unregisterListenerContainer(id);
                    await().atMost(ListenerTest.LONG).until(() -> noneExpires(context, "frozen"));
                });
    }

    private static boolean noneExpires(ApplicationContext context, String topic) {
        return registry(context)
                .find(MeterNames.EXPIRES_IN)
                .tag("destination", topic)
                .meters()
                .isEmpty();
    }

    /** Nothing but destination and subscription is a tag. */
    @Test
    void subscriptionsOfTwoTopicsAreApart(PGSimpleDataSource database) {
        QueueApplication.on(database).withBean(SimpleMeterRegistry.class).run(context -> {
            ListenerTest test = ListenerTest.of(context, "apart", UnaryOperator.identity());
            for (String topic : List.of("apart.one", "apart.two")) {
                test.admin().declareTopic(TopicSpec.of(topic));
                test.admin().declareSubscription(SubscriptionSpec.of(topic, topic + ".mail"));
                test.queue().publish(topic, OutgoingMessage.text("x").build());
                try (var receiver = test.queue().receiver(topic, topic + ".mail")) {
                    test.queue().ack(receiver.receive(1, ListenerTest.LONG));
                }
            }
            assertThat(count(context, MeterNames.ACKED, "destination", "apart.one"))
                    .isEqualTo(1);
            assertThat(count(context, MeterNames.ACKED, "destination", "apart.two"))
                    .isEqualTo(1);
            assertThat(registry(context).getMeters())
                    .filteredOn(meter -> meter.getId().getName().startsWith("pgqueue."))
                    .isNotEmpty()
                    .allSatisfy(meter -> assertThat(meter.getId().getTags())
                            .extracting(tag -> tag.getKey())
                            .isSubsetOf(MeterNames.DESTINATION, MeterNames.SUBSCRIPTION));
        });
    }

    /** OBS-7, CON-4. */
    @Test
    void theLoggingContextNamesTheDeliveryAndTheConsumer(PGSimpleDataSource database) {
        PgQueueCustomizer named = builder -> builder.consumer("billing-1");
        QueueApplication.on(database)
                .withBean(PgQueueCustomizer.class, () -> named)
                .run(context -> {
                    Map<String, Map<String, String>> seen = new ConcurrentHashMap<>();
                    ListenerTest test = ListenerTest.of(context, "logged", UnaryOperator.identity());
                    test.sendAll(IntStream.range(0, 10).boxed().toList());
                    test.listen(
                            delivery -> {
                                seen.put(delivery.messageId().toString(), Map.copyOf(MDC.getCopyOfContextMap()));
                            },
                            options -> options.messagesPerTransaction(4));
                    test.awaitNothingLeft();
                    assertThat(seen)
                            .hasSize(10)
                            .allSatisfy((id, mdc) -> assertThat(mdc)
                                    .containsEntry("pgqueue.messageId", id)
                                    .containsEntry("pgqueue.destination", "logged")
                                    .containsEntry("pgqueue.subscription", "logged")
                                    .containsEntry("pgqueue.consumer", "billing-1")
                                    .containsEntry("pgqueue.attempt", "1"));
                });
    }

    private static MeterRegistry registry(ApplicationContext context) {
        return context.getBean(MeterRegistry.class);
    }

    private static double count(ApplicationContext context, String name, String tag, String value) {
        return registry(context).get(name).tag(tag, value).counter().count();
    }

    private static double gauge(ApplicationContext context, String name) {
        return registry(context)
                .get(name)
                .tag("subscription", "sampled")
                .gauge()
                .value();
    }
}
