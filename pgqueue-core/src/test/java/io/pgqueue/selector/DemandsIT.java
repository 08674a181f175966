// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** FIL-13: no message that a selector selects fails to meet its demands, as the database looks them up. */
@PostgresTest(template = MigratedSchema.class)
class DemandsIT {

    private static final int ROUNDS = 20;
    private static final int MESSAGES = 50;
    private static final int SELECTORS = 100;

    @Test
    void demandsAreNecessary(DataSource dataSource) throws SQLException {
        long seed = Long.getLong("pgqueue.test.seed", System.nanoTime());
        System.out.println("DemandsIT: -Dpgqueue.test.seed=" + seed);
        Random random = new Random(seed);
        Samples samples = new Samples(random);
        List<String> mistakes = new ArrayList<>();
        int selected = 0;
        int leftOut = 0;
        try (FilterDatabase database = new FilterDatabase(dataSource)) {
            for (int round = 0; round < ROUNDS; round++) {
                database.fill(Stream.generate(samples::message).limit(MESSAGES).toList());
                List<Selector> selectors = IntStream.range(0, SELECTORS)
                        .mapToObj(i -> Selector.parse(SampleText.of(samples.condition(i % 4), random)))
                        .map(Objects::requireNonNull)
                        .toList();
                List<String> demands = selectors.stream()
                        .map(selector -> new MessageFilter(selector, null, null).demands())
                        .toList();
                List<String> answers =
                        database.ask(selectors.stream().map(Selector::jsonPath).toList());
                List<String> met = database.askDemands(demands);
                for (int s = 0; s < SELECTORS; s++) {
                    for (int m = 0; m < MESSAGES; m++) {
                        boolean yes = answers.get(s).charAt(m) == 't';
                        boolean meets = met.get(s).charAt(m) == 't';
                        selected += yes && !demands.get(s).equals("{}") ? 1 : 0;
                        leftOut += meets ? 0 : 1;
                        if (yes && !meets) {
                            mistakes.add(selectors.get(s) + " demands " + demands.get(s));
                        }
                    }
                }
            }
        }
        assertThat(mistakes).as("with seed %s", seed).isEmpty();
        assertThat(selected).isGreaterThan(100);
        assertThat(leftOut).isGreaterThan(5_000);
    }
}
