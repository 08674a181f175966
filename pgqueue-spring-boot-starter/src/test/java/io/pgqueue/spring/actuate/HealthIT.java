// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.jms.PgJmsConnectionFactory;
import io.pgqueue.spring.listener.DeliveryHandler;
import io.pgqueue.spring.listener.ListenerFilter;
import io.pgqueue.spring.listener.PgListenerContainer;
import io.pgqueue.spring.listener.PgListenerContainerFactory;
import io.pgqueue.spring.listener.PgListenerEndpoint;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.Connection;
import jakarta.jms.Session;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/** OBS-8, OBS-12. */
@PostgresTest(template = MigratedSchema.class)
class HealthIT {

    @Test
    void aListenerThatShouldRunAndDoesNotIsDown(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "health.listener", UnaryOperator.identity());
            PgListenerContainer container = test.listen(delivery -> {}, UnaryOperator.identity());
            assertThat(health(context).getStatus()).isEqualTo(Status.UP);
            assertThat(health(context).getDetails())
                    .containsEntry("listeners", Map.of(container.id(), ContainerState.RUNNING))
                    .containsEntry("schema", "fits");

            container.pause();
            assertThat(health(context).getStatus())
                    .as("pausing is a decision, not a fault")
                    .isEqualTo(Status.UP);
            assertThat(health(context).getDetails())
                    .containsEntry("listeners", Map.of(container.id(), ContainerState.PAUSED));

            container.stop();
            assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
            assertThat(health(context).getDetails()).containsEntry("notRunning", List.of(container.id()));

            container.start();
            assertThat(health(context).getStatus()).isEqualTo(Status.UP);
        });
    }

    /** Whoever starts it by hand decides when it runs. */
    @Test
    void aListenerThatDoesNotStartByItselfMayBeStopped(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "health.by-hand", UnaryOperator.identity());
            PgListenerContainer container = test.listen(delivery -> {}, options -> options.autoStartup(false));
            assertThat(container.isRunning()).isFalse();
            assertThat(health(context).getStatus()).isEqualTo(Status.UP);
        });
    }

    /** Numbers to look at; however bad they are, taking the node away would make none better. */
    @Test
    void whatWaitsIsADetail(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.maintenance.enabled=false")
                .run(context -> {
                    ListenerTest test = ListenerTest.of(context, "health.waits", UnaryOperator.identity());
                    test.listen(delivery -> {}, UnaryOperator.identity()).pause();
                    test.sendAll(List.of("one", "two"));
                    test.jdbc().execute("select pgqueue.sample(0)");
                    assertThat(health(context).getStatus()).isEqualTo(Status.UP);
                    assertThat(health(context).getDetails().get("messages"))
                            .asInstanceOf(InstanceOfAssertFactories.MAP)
                            .extractingByKey("health.waits", InstanceOfAssertFactories.MAP)
                            .containsEntry("ready", 2L)
                            .containsEntry("dead", 0L)
                            .containsKey("oldestReadySeconds");
                });
    }

    /** One of a client id and one that is not durable may have the name of the listener's. */
    @Test
    void whatWaitsIsOfTheListenersSubscription(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.maintenance.enabled=false")
                .run(context -> {
                    ListenerTest test = ListenerTest.of(context, "health.same", UnaryOperator.identity());
                    test.admin().declareTopic(TopicSpec.of("events"));
                    test.admin().declareSubscription(SubscriptionSpec.of("events", "mail"));
                    DeliveryHandler handler = (delivery, acknowledgement) -> {};
                    PgListenerEndpoint endpoint = new PgListenerEndpoint(
                            "mail", "events", "mail", ListenerFilter.NONE, handler, options -> options);
                    context.getBean(PgListenerEndpointRegistry.class)
                            .registerListenerContainer(endpoint, context.getBean(PgListenerContainerFactory.class));
                    try (PgJmsConnectionFactory factory = new PgJmsConnectionFactory(database);
                            Connection connection = factory.createConnection()) {
                        connection.setClientID("billing");
                        Session session = connection.createSession();
                        session.createDurableSubscriber(session.createTopic("events"), "mail")
                                .close();
                    }
                    test.queue().publish("events", OutgoingMessage.text("x").build());
                    await().atMost(ListenerTest.LONG)
                            .until(() -> test.admin().stats("events", "mail").unfinished() == 0);
                    test.jdbc().execute("select pgqueue.sample(0)");
                    assertThat(health(context).getDetails().get("messages"))
                            .asInstanceOf(InstanceOfAssertFactories.MAP)
                            .extractingByKey("events/mail", InstanceOfAssertFactories.MAP)
                            .as("the other one has a message that waits")
                            .containsEntry("ready", 0L);
                });
    }

    @Test
    void aListenerThatIsStartedByHandMayBeStopped(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "health.byhand", UnaryOperator.identity());
            test.listen(delivery -> {}, options -> options.autoStartup(false));
            assertThat(health(context).getStatus()).isEqualTo(Status.UP);
        });
    }

    @Test
    void withoutWakeupItIsUpAndSaysSo(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.wakeup.enabled=false")
                .run(context -> {
                    assertThat(health(context).getStatus()).isEqualTo(Status.UP);
                    assertThat(health(context).getDetails()).containsEntry("wakeup", "polling");
                });
    }

    @Test
    void anotherSchemaIsDown(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.schema.name=health_schema", "pgqueue.maintenance.enabled=false")
                .run(context -> {
                    assertThat(health(context).getStatus()).isEqualTo(Status.UP);
                    context.getBean(JdbcTemplate.class)
                            .execute("delete from health_schema.schema_history where script = 'R__publish.sql'");
                    Health health = health(context);
                    assertThat(health.getStatus()).isEqualTo(Status.DOWN);
                    assertThat(health.getDetails().get("error")).asString().contains("lacks [R__publish.sql]");
                });
    }

    @Test
    void aSchemaOfOthersMustAnswer(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.schema.initialize=never")
                .run(context -> assertThat(health(context).getDetails()).containsEntry("schema", "answers"));
        QueueApplication.on(database)
                .withPropertyValues("pgqueue.schema.initialize=never", "pgqueue.schema.name=health_none")
                .run(context -> assertThat(health(context).getStatus()).isEqualTo(Status.DOWN));
    }

    /** OBS-12. */
    @Test
    void whoHoldsOldRowsIsADetail(PGSimpleDataSource database) throws SQLException {
        database.setApplicationName("report");
        try (java.sql.Connection report = database.getConnection();
                Statement statement = report.createStatement()) {
            report.setAutoCommit(false);
            report.setTransactionIsolation(java.sql.Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("select pg_current_xact_id()");
            QueueApplication.on(database).run(context -> {
                assertThat(health(context).getStatus()).isEqualTo(Status.UP);
                assertThat(health(context).getDetails().get("oldRowsHeldBy"))
                        .asInstanceOf(InstanceOfAssertFactories.map(String.class, Object.class))
                        .containsEntry("kind", "transaction")
                        .containsEntry("application", "report")
                        .containsKeys("since", "user", "deadRows");
            });
        }
    }

    private static Health health(ApplicationContext context) {
        return Objects.requireNonNull(
                context.getBean(PgQueueHealthIndicator.class).health());
    }
}
