// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/**
 * Random walks agree with the model (I1 to I12 there). New seeds for about 20 seconds; a broken rule is reported with its
 * seed and the fewest steps found in a minute that break it.
 *
 * <pre>
 * -Dpgqueue.model.seconds=3600               longer
 * -Dpgqueue.model.seed=4711                  one walk only
 * -Dpgqueue.model.steps=1000                 of so many steps; or exactly these: 3,17,40
 * </pre>
 */
@PostgresTest(template = MigratedSchema.class)
class ModelIT {

    private static final int STEPS = 400;
    private static final Duration SHRINKING = Duration.ofSeconds(60);

    @Test
    void randomWalksAgreeWithTheModel(DataSource dataSource) throws SQLException {
        int[] steps = steps(System.getProperty("pgqueue.model.steps", String.valueOf(STEPS)));
        Long seed = Long.getLong("pgqueue.model.seed");
        if (seed != null) {
            walk(dataSource, seed, steps);
            return;
        }
        long end = System.nanoTime()
                + Duration.ofSeconds(Long.getLong("pgqueue.model.seconds", 20)).toNanos();
        long first = System.currentTimeMillis();
        long next = first;
        do {
            walk(dataSource, next++, steps);
        } while (System.nanoTime() < end);
        System.out.println("ModelIT: seeds " + first + " to " + (next - 1) + ", " + steps.length + " steps each");
    }

    private static void walk(DataSource dataSource, long seed, int[] steps) throws SQLException {
        try {
            Walk.go(dataSource, seed, steps);
        } catch (AssertionError broken) {
            int[] least = Walk.shrink(dataSource, seed, steps, SHRINKING);
            throw new AssertionError(
                    broken.getMessage() + "\nAgain with fewer steps: -Dpgqueue.model.seed=" + seed
                            + " -Dpgqueue.model.steps=" + Arrays.toString(least).replaceAll("[\\[\\] ]", ""),
                    broken);
        }
    }

    private static int[] steps(String text) {
        return text.contains(",")
                ? Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray()
                : IntStream.range(0, Integer.parseInt(text)).toArray();
    }
}
