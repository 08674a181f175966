// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.PgHeaders;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Mode TRANSACTION: the handler's work and the ack commit together or not at all. */
@PostgresTest(template = MigratedSchema.class)
class TransactionListenerIT {

    private static final Duration LONG = Duration.ofSeconds(30);

    record Order(int number) {}

    @Test
    void effectsHappenOnceHoweverOftenTheHandlerFails(PGSimpleDataSource database) {
        QueueApplication.on(database).withUserConfiguration(Orders.class).run(context -> {
            JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
            jdbc.execute("create table processed (number int)");
            context.getBean(PgOperations.class)
                    .convertAndSendAll(
                            "orders",
                            IntStream.rangeClosed(1, 60).mapToObj(Order::new).toList());
            PgQueue queue = context.getBean(PgQueue.class);
            await().atMost(LONG).until(() -> queue.admin().stats(null, "orders").unfinished() == 0);
            assertThat(jdbc.queryForList("select number from processed order by number", Integer.class))
                    .isEqualTo(IntStream.rangeClosed(1, 60).boxed().toList());
            assertThat(context.getBean(Orders.class).calls).hasValue(30 + 20 * 2 + 10 * 3);
            assertThat(queue.admin().deadLetters(null, "orders").list(10)).isEmpty();
        });
    }

    /** TX-2: an ack before the handler's commit would lose the message. */
    @Test
    void whatFailsToCommitIsHandledAgain(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(
                    context,
                    "uncommitted",
                    settings -> settings.withRedelivery(RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO)));
            test.jdbc()
                    .execute("create function refuse() returns trigger language plpgsql as "
                            + "'begin raise exception ''refused at the commit''; end'");
            test.jdbc()
                    .execute("create constraint trigger refuse after insert on done deferrable initially deferred "
                            + "for each row when (new.text = 'attempt 1') execute function refuse()");
            test.listen(
                    delivery -> test.done("attempt " + delivery.attempts()),
                    options -> options.ackMode(AckMode.TRANSACTION));
            test.send("x");
            test.awaitNothingLeft();
            assertThat(test.done()).containsExactly("attempt 2");
        });
    }

    /** TX-6: the statements of a handler end with its transaction's time. */
    @Test
    void theTransactionOfAHandlerHasItsTimeout(PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            ListenerTest test = ListenerTest.of(context, "timed", UnaryOperator.identity());
            AtomicInteger seconds = new AtomicInteger(-1);
            test.listen(
                    delivery -> {
                        DataSource dataSource =
                                Objects.requireNonNull(test.jdbc().getDataSource());
                        ConnectionHolder holder = (ConnectionHolder)
                                Objects.requireNonNull(TransactionSynchronizationManager.getResource(dataSource));
                        seconds.set(holder.hasTimeout() ? holder.getTimeToLiveInSeconds() : 0);
                    },
                    options -> options.ackMode(AckMode.TRANSACTION).transactionTimeout(Duration.ofSeconds(77)));
            test.send("x");
            test.awaitNothingLeft();
            assertThat(seconds.get()).isBetween(60, 77);
        });
    }

    /** Of 60 orders 30 succeed at once, 20 at the second attempt, 10 at the third. */
    @Configuration(proxyBeanMethods = false)
    static class Orders {

        private final JdbcTemplate jdbc;
        private final AtomicInteger calls = new AtomicInteger();

        /** A class that defines destinations may use the template as well. */
        Orders(JdbcTemplate jdbc, PgOperations operations) {
            this.jdbc = jdbc;
        }

        @Bean
        QueueSpec orderQueue() {
            return QueueSpec.of("orders")
                    .withSettings(SubscriptionSettings.DEFAULT.withRedelivery(
                            RedeliveryPolicy.DEFAULT.withFixedBackoff(Duration.ZERO)));
        }

        @PgListener(queues = "${orders.queue:orders}", concurrency = "4")
        void handle(Order order, @Header(PgHeaders.ATTEMPTS) int attempt) {
            calls.incrementAndGet();
            jdbc.update("insert into processed values (?)", order.number());
            if (order.number() % 6 == 0 && attempt <= 2 || order.number() % 2 == 0 && attempt == 1) {
                throw new IllegalStateException("attempt " + attempt + " of " + order + " fails on purpose");
            }
        }
    }
}
