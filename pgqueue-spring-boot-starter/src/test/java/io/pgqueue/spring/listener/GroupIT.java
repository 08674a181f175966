// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

/** ORD-2, ORD-3: many workers, and yet each group in order and one at a time, through failures and shared transactions. */
@PostgresTest(template = MigratedSchema.class)
class GroupIT {

    private static final int GROUPS = 4;
    private static final int EACH = 15;

    @ParameterizedTest
    @CsvSource({"TRANSACTION, 1", "TRANSACTION, 5", "AUTO, 1"})
    void eachGroupIsHandledInOrder(AckMode mode, int messagesPerTransaction, PGSimpleDataSource database) {
        QueueApplication.on(database).run(context -> {
            String name = "groups." + mode + messagesPerTransaction;
            ListenerTest test = ListenerTest.of(
                    context,
                    name,
                    settings -> settings.withRedelivery(
                            RedeliveryPolicy.DEFAULT.withMaxAttempts(3).withFixedBackoff(Duration.ofMillis(20))));
            Map<String, List<Integer>> done = new ConcurrentHashMap<>();
            Set<String> busy = ConcurrentHashMap.newKeySet();
            List<String> together = new CopyOnWriteArrayList<>();
            PgOperations template = context.getBean(PgOperations.class);
            for (int number = 0; number < EACH; number++) {
                for (int group = 0; group < GROUPS; group++) {
                    template.destination(name).group("g" + group).send(number);
                }
            }
            test.listen(
                    delivery -> {
                        String group = Objects.requireNonNull(delivery.headers().group());
                        if (!busy.add(group)) {
                            together.add(group);
                        }
                        try {
                            handle(delivery, done.computeIfAbsent(group, g -> new CopyOnWriteArrayList<>()));
                        } finally {
                            busy.remove(group);
                        }
                    },
                    options -> options.ackMode(mode)
                            .concurrency(8)
                            .batchSize(20)
                            .messagesPerTransaction(messagesPerTransaction));
            test.awaitNothingLeft();

            assertThat(together).as("groups handled twice at a time").isEmpty();
            assertThat(done).hasSize(GROUPS);
            assertThat(done.values())
                    .allSatisfy(numbers -> assertThat(numbers.stream().distinct())
                            .containsExactlyElementsOf(
                                    IntStream.range(0, EACH).boxed().toList()));
        });
    }

    private static void handle(Delivery delivery, List<Integer> done) {
        int number = Integer.parseInt(delivery.text());
        if (number % 5 == 2 && delivery.attempts() == 1) {
            throw new IllegalStateException("the first attempt fails");
        }
        assertThat(done.isEmpty() || done.get(done.size() - 1) >= number - 1)
                .as("%s before the one ahead of it", number)
                .isTrue();
        done.add(number);
    }
}
