// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.selector.Evaluation.Truth;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Random selectors on random messages: the database must answer what an evaluator that knows no jsonpath answers. */
@PostgresTest(template = MigratedSchema.class)
class SelectorIT {

    private static final int ROUNDS = 40;
    private static final int SELECTORS = 100;
    private static final int MESSAGES = 50;
    private static final int SHOWN = 5;

    private record Asked(Sample.Condition condition, String text, String jsonPath) {}

    @Test
    void theDatabaseAnswersAsTheEvaluator(DataSource dataSource) throws SQLException {
        long seed = Long.getLong("pgqueue.test.seed", System.nanoTime());
        System.out.println("SelectorIT: -Dpgqueue.test.seed=" + seed);
        Random random = new Random(seed);
        Samples samples = new Samples(random);
        Map<Difference, Integer> differences = new EnumMap<>(Difference.class);
        Map<Truth, Integer> truths = new EnumMap<>(Truth.class);
        List<String> mistakes = new ArrayList<>();
        int pairs = 0;
        int wrong = 0;
        try (FilterDatabase database = new FilterDatabase(dataSource)) {
            for (int round = 0; round < ROUNDS; round++) {
                List<TestMessage> messages =
                        Stream.generate(samples::message).limit(MESSAGES).toList();
                List<Asked> asked = IntStream.range(0, SELECTORS)
                        .mapToObj(i -> ask(samples.condition(i % 4), random))
                        .toList();
                database.fill(messages);
                List<String> answers =
                        database.ask(asked.stream().map(Asked::jsonPath).toList());
                for (int s = 0; s < SELECTORS; s++) {
                    for (int m = 0; m < MESSAGES; m++) {
                        Asked selector = asked.get(s);
                        TestMessage message = messages.get(m);
                        boolean answer = answers.get(s).charAt(m) == 't';
                        Evaluation rules = new Evaluation(message, false);
                        Truth truth = rules.truth(selector.condition());
                        Truth java = new Evaluation(message, true).truth(selector.condition());
                        truths.merge(truth, 1, Integer::sum);
                        pairs++;
                        boolean asJava = answer == (java == Truth.TRUE);
                        if (!asJava) {
                            rules.applied().forEach(d -> differences.merge(d, 1, Integer::sum));
                        }
                        if (answer != (truth == Truth.TRUE)
                                || !asJava && rules.applied().isEmpty()) {
                            wrong++;
                            if (mistakes.size() == SHOWN) {
                                continue;
                            }
                            mistakes.add(
                                    selector.text() + "\n on " + message.view() + message.headers() + "\n answered "
                                            + answer + ", rules say " + truth + ", Java says " + java + ": "
                                            + selector.jsonPath());
                        }
                    }
                }
            }
        }
        System.out.println("SelectorIT: " + pairs + " pairs, " + truths + ", unlike Java " + differences);
        assertThat(mistakes).as("%s mistakes with seed %s", wrong, seed).isEmpty();
        // A generator that never matches, or never meets a difference, would prove nothing.
        assertThat(pairs).isGreaterThanOrEqualTo(100_000);
        assertThat(truths.values()).hasSize(3).allMatch(count -> count > 10_000);
        assertThat(differences.keySet()).hasSizeGreaterThan(5);
    }

    private static Asked ask(Sample.Condition condition, Random random) {
        String text = SampleText.of(condition, random);
        try {
            return new Asked(
                    condition,
                    text,
                    Objects.requireNonNull(Selector.parse(text)).jsonPath());
        } catch (SelectorSyntaxException e) {
            throw new AssertionError("Refused: " + text, e);
        }
    }
}
