// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@PostgresTest(template = MigratedSchema.class)
class OrderIT {

    private static final Comparator<Held> ORDER =
            Comparator.comparingInt(Held::priority).reversed().thenComparingLong(Held::position);

    private Sql sql;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    /** Publishes, rotations, carry-overs and receives in any mixture; every batch is the head of what waits. */
    @Test
    void aBatchIsTheHeadOfWhatWaitsInWhateverSlotItIs() throws SQLException {
        long seed = Long.getLong("pgqueue.test.seed", System.nanoTime());
        Random random = new Random(seed);
        int subscription = sql.queue("order", "{}");
        int destination = sql.destination("order");
        List<Held> waiting = new ArrayList<>();
        int inFlight = 0;
        for (int step = 0; step < 400; step++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2, 3 -> {
                    for (int n = random.nextInt(12); n >= 0; n--) {
                        int priority = random.nextInt(10);
                        long position = sql.publish(destination, priority);
                        waiting.add(new Held(0, subscription, priority, position, 0, 0, 0, null, null));
                    }
                }
                case 4 -> sql.rotate();
                case 5 -> {
                    sql.ageRotation();
                    sql.tidy();
                }
                default -> {
                    int max = 1 + random.nextInt(40);
                    waiting.sort(ORDER);
                    List<Held> expected = waiting.subList(0, Math.min(max, waiting.size()));
                    List<Held> batch = receive(subscription, max, random);
                    assertThat(batch)
                            .as("seed %d, step %d", seed, step)
                            .extracting(Held::position)
                            .containsExactlyElementsOf(
                                    expected.stream().map(Held::position).toList());
                    expected.clear();
                    for (Held held : batch) {
                        if (random.nextInt(3) == 0) {
                            assertThat(sql.release(held)).isTrue();
                            waiting.add(held);
                        } else {
                            assertThat(sql.ack(held)).isTrue();
                            inFlight++;
                        }
                    }
                }
            }
        }
        assertThat(inFlight).isPositive();
    }

    private List<Held> receive(int subscription, int max, Random random) throws SQLException {
        if (random.nextBoolean()) {
            return sql.receive(subscription, max);
        }
        // Floors far enough below everything; the mask must be right then, because nobody publishes meanwhile.
        Long[] floors = new Long[10];
        java.util.Arrays.fill(floors, 0L);
        return sql.receive(subscription, max, 1L << 40, floors);
    }

    @Test
    void aRetryKeepsItsPlace() throws SQLException {
        int subscription = sql.queue("retry", "{\"jitter_percent\":0}");
        int destination = sql.destination("retry");
        long first = sql.publish(destination, 4);
        sql.publish(destination, 4);
        Held held = sql.receive(subscription, 1).get(0);
        assertThat(held.position()).isEqualTo(first);
        assertThat(sql.nack(held, 60_000L)).isEqualTo("retry");
        sql.rotate();
        sql.publish(destination, 4);
        sql.makeDue(subscription);
        assertThat(sql.receive(subscription, 10))
                .extracting(Held::position)
                .startsWith(first)
                .hasSize(3);
    }
}
