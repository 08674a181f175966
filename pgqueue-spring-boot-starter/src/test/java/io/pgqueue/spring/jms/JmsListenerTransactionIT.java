// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.pgqueue.DeadLetter;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.spring.testing.Blocker;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.Note;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.JMSException;
import jakarta.jms.Session;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Status;
import jakarta.transaction.UserTransaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jms.annotation.JmsListener;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.transaction.jta.JtaTransactionManager;

/** What a JMS listener writes, sends and acknowledges is one transaction, and none is open while it waits. */
@PostgresTest(template = MigratedSchema.class)
class JmsListenerTransactionIT {

    private static ApplicationContextRunner application(PGSimpleDataSource database, String queue) {
        return QueueApplication.jms(database)
                .withPropertyValues("work=" + queue, "pgqueue.maintenance.enabled=false")
                .withUserConfiguration(Listener.class);
    }

    private static ListenerTest test(ApplicationContext context) {
        ListenerTest test = ListenerTest.of(
                context,
                String.valueOf(context.getEnvironment().getProperty("work")),
                settings -> settings.withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(3)));
        received(context);
        return test;
    }

    @Test
    void rowAckAndSendsAreOneTransaction(PGSimpleDataSource database) {
        application(database, "fine").run(context -> {
            ListenerTest test = test(context);
            send(context, "fine");
            test.awaitNothingLeft();
            assertThat(test.done()).containsExactly("fine 1");
            assertThat(test.jdbc()
                            .queryForList(
                                    "select xmin::text from done union select xmin::text from pgqueue.delivery",
                                    String.class))
                    .as("one transaction of the row and both messages")
                    .hasSize(1);
            assertThat(received(context)).containsExactly("by template", "by session");
        });
    }

    /** The first attempts leave nothing at all, and the message is a dead letter after the last. */
    @Test
    void aFailingListenerLeavesNothingAndEndsInTheDeadLetters(PGSimpleDataSource database) {
        application(database, "dead").run(context -> {
            ListenerTest test = test(context);
            send(context, "always fails");
            DeadLetter dead = test.awaitDeadLetter();
            assertThat(dead.attempts()).isEqualTo(3);
            assertThat(dead.reason()).isEqualTo("MAX_ATTEMPTS");
            assertThat(dead.failure().errorClass()).isEqualTo(IllegalStateException.class.getName());
            assertThat(dead.failure().message()).isEqualTo("on purpose");
            assertThat(dead.failure().stack()).contains("JmsListenerTransactionIT");
            assertThat(test.done()).isEmpty();
            assertThat(received(context)).isEmpty();
        });
    }

    /** Boot would give it to the container, which would wait for messages inside its transactions then. */
    @Test
    void aJtaManagerIsNotWaitedIn(PGSimpleDataSource database) {
        NoUserTransaction user = new NoUserTransaction();
        application(database, "jta")
                .withBean(JtaTransactionManager.class, () -> new JtaTransactionManager(user))
                .run(context -> {
                    ListenerTest test = test(context);
                    send(context, "fails once");
                    test.awaitNothingLeft();
                    assertThat(test.done()).containsExactly("fails once 2");
                    assertThat(received(context)).containsExactly("by template", "by session");
                    assertThat(user.begun).hasValue(0);
                });
    }

    /** None may be begun here. */
    private static final class NoUserTransaction implements UserTransaction {

        final AtomicInteger begun = new AtomicInteger();

        @Override
        public void begin() {
            begun.incrementAndGet();
        }

        @Override
        public void commit() {}

        @Override
        public void rollback() {}

        @Override
        public void setRollbackOnly() {}

        @Override
        public int getStatus() {
            return Status.STATUS_NO_TRANSACTION;
        }

        @Override
        public void setTransactionTimeout(int seconds) {}
    }

    @Test
    void whatIsRedeliveredLeavesTheRowsOfItsLastAttemptOnly(PGSimpleDataSource database) {
        application(database, "redelivered").run(context -> {
            ListenerTest test = test(context);
            send(context, "fails once");
            test.awaitNothingLeft();
            assertThat(test.done()).containsExactly("fails once 2");
            assertThat(received(context)).containsExactly("by template", "by session");
        });
    }

    /** TX: the listener has returned when the database refuses the commit, so it must be the container that notices. */
    @Test
    void aFailingCommitIsAFailedAttempt(PGSimpleDataSource database) {
        application(database, "commit").run(context -> {
            ListenerTest test = test(context);
            test.jdbc().execute("drop table if exists late");
            test.jdbc().execute("create table late (id int unique deferrable initially deferred)");
            send(context, "fails at commit");
            assertThat(test.awaitDeadLetter().attempts()).isEqualTo(3);
            assertThat(test.done()).isEmpty();
            assertThat(received(context)).isEmpty();
        });
    }

    @Test
    void jpaWorkIsInTheTransactionToo(PGSimpleDataSource database) {
        application(database, "jpa")
                .withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
                .withUserConfiguration(Entities.class)
                .run(context -> {
                    ListenerTest test = test(context);
                    test.jdbc()
                            .execute(
                                    "create table if not exists note (id bigint generated always as identity primary key, text text)");
                    send(context, "entity");
                    test.awaitNothingLeft();
                    assertThat(test.jdbc().queryForList("select text from note", String.class))
                            .containsExactly("entity 2");
                });
    }

    /** The usual container with a transaction manager sits idle in a transaction for as long as there is no message. */
    @Test
    void waitingHoldsNoConnection(PGSimpleDataSource database) {
        application(database, "waiting").run(context -> {
            ListenerTest test = test(context);
            send(context, "fine");
            test.awaitNothingLeft();
            HikariDataSource pool = context.getBean(HikariDataSource.class);
            JdbcTemplate outside = new JdbcTemplate(database);
            await().pollInterval(Duration.ofMillis(20))
                    .during(Duration.ofSeconds(1))
                    .atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> assertThat(outside.queryForObject(
                                    "select count(*) from pg_stat_activity where datname = current_database()"
                                            + " and state like 'idle in transaction%'"
                                            + " and state_change < clock_timestamp() - interval '200 ms'",
                                    Integer.class))
                            .isZero());
            await().atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> assertThat(pool.getHikariPoolMXBean().getActiveConnections())
                            .isZero());
        });
    }

    /** A handler that has the only connection: lease, ack, sends and the nack of a failure manage without another. */
    @Test
    void aListenerNeedsOneConnectionOnly(PGSimpleDataSource database) {
        application(database, "single")
                .withPropertyValues(
                        "spring.datasource.hikari.maximum-pool-size=1",
                        "spring.datasource.hikari.connection-timeout=3000")
                .run(context -> {
                    ListenerTest test = test(context);
                    send(context, "fails once");
                    test.awaitNothingLeft();
                    assertThat(test.done()).containsExactly("fails once 2");
                });
    }

    @Test
    void aKilledConnectionIsSurvived(PGSimpleDataSource database) {
        application(database, "killed").run(context -> {
            ListenerTest test = test(context);
            Blocker blocker = new Blocker();
            Listener.blocker = blocker;
            send(context, "blocks");
            blocker.awaitEntered();
            new JdbcTemplate(database)
                    .queryForList("select pg_terminate_backend(pid) from pg_stat_activity"
                            + " where datname = current_database() and pid <> pg_backend_pid()");
            blocker.release();
            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(test.done()).containsExactly("blocks 2"));
            test.awaitNothingLeft();
            assertThat(received(context)).containsExactly("by template", "by session");
        });
    }

    @Test
    void listenersRunInVirtualThreadsIfThatIsWanted(PGSimpleDataSource database) {
        boolean possible = Runtime.version().feature() >= 21;
        application(database, "virtual")
                .withPropertyValues("spring.threads.virtual.enabled=true")
                .run(context -> {
                    ListenerTest test = test(context);
                    send(context, "fine");
                    test.awaitNothingLeft();
                    assertThat(Listener.virtual.get()).isEqualTo(possible);
                });
    }

    private static void send(ApplicationContext context, String text) {
        context.getBean(JmsTemplate.class)
                .convertAndSend(String.valueOf(context.getEnvironment().getProperty("work")), text);
    }

    /** Everything in the queue that the listener sends to, which is empty after. */
    private static List<String> received(ApplicationContext context) {
        JmsTemplate template = context.getBean(JmsTemplate.class);
        template.setReceiveTimeout(JmsTemplate.RECEIVE_TIMEOUT_NO_WAIT);
        List<String> texts = new ArrayList<>();
        for (Object text = template.receiveAndConvert("sent");
                text != null;
                text = template.receiveAndConvert("sent")) {
            texts.add((String) text);
        }
        return texts;
    }

    /** Writes a row, sends a message by the template and one by its session, and then fails or not. */
    @Configuration(proxyBeanMethods = false)
    static class Listener {

        static final AtomicBoolean virtual = new AtomicBoolean();
        static volatile Blocker blocker = new Blocker();

        private final ApplicationContext context;

        Listener(ApplicationContext context) {
            this.context = context;
        }

        @Bean
        static QueueSpec work(@Value("${work}") String name) {
            return QueueSpec.of(name)
                    .withSettings(
                            SubscriptionSettings.DEFAULT.withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(3)));
        }

        @Bean
        static QueueSpec sent() {
            return QueueSpec.of("sent");
        }

        @JmsListener(destination = "${work}")
        void handle(String text, @Header("JMSXDeliveryCount") int attempt, Session session) throws Exception {
            virtual.set(Thread.currentThread().getClass().getSimpleName().contains("Virtual"));
            JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
            jdbc.update("insert into done values (?)", text + " " + attempt);
            context.getBean(JmsTemplate.class).convertAndSend("sent", "by template");
            sendBy(session);
            switch (text) {
                case "always fails" -> throw new IllegalStateException("on purpose");
                case "fails at commit" -> jdbc.update("insert into late values (1), (1)");
                case "blocks" -> blocker.block();
                case "entity" -> context.getBean(EntityManager.class).persist(new Note(text + " " + attempt));
                default -> {}
            }
            if (attempt == 1 && (text.equals("fails once") || text.equals("entity"))) {
                throw new IllegalStateException("on purpose");
            }
        }

        private static void sendBy(Session session) throws JMSException {
            session.createProducer(session.createQueue("sent")).send(session.createTextMessage("by session"));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EntityScan(basePackageClasses = Note.class)
    static class Entities {}
}
