// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.selector.Evaluation.Truth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.selector.filter.FilterException;
import org.apache.activemq.artemis.selector.filter.Filterable;
import org.apache.activemq.artemis.selector.impl.SelectorParser;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Checks {@link Evaluation}, which the database is compared with, against another implementation of the language. That one
 * is no oracle for everything; {@link #deviates} says where it leaves the specification.
 */
class ArtemisTest {

    private static final int LEAVES = 60_000;
    private static final int TREES = 6_000;

    private static final Pattern STRANGE =
            Pattern.compile("text=[-0-9.Ee]+[fFdD],|text=0L|operator=/|(Arithmetic|Sign)\\[[^N]*\\]");

    private final Random random = random();
    private final Samples samples = new Samples(random);
    private int compared;
    private int nothing;

    @Test
    void agreesOnSingleConditions() {
        List<String> mistakes = new ArrayList<>();
        for (int i = 0; i < LEAVES; i++) {
            Sample.Condition leaf = samples.condition(0);
            TestMessage message = message();
            if (!isUnderstood(leaf) || deviates(leaf, message)) {
                continue;
            }
            nothing += comparesNothing(leaf, message) ? 1 : 0;
            compare(leaf, message, mistakes);
            compare(new Sample.Not(leaf), message, mistakes);
        }
        assertThat(mistakes).isEmpty();
        System.out.println("ArtemisTest: " + compared + " compared, " + nothing + " with nothing");
        assertThat(compared).isGreaterThan(30_000);
        assertThat(nothing)
                .as("comparisons with nothing, for which the third value is there")
                .isGreaterThan(200);
    }

    @Test
    void agreesOnLogic() {
        List<String> mistakes = new ArrayList<>();
        for (int i = 0; i < TREES; i++) {
            TestMessage message = message();
            compare(tree(3, message), message, mistakes);
        }
        assertThat(mistakes).isEmpty();
    }

    private Sample.Condition tree(int depth, TestMessage message) {
        if (depth == 0 || random.nextInt(4) == 0) {
            while (true) {
                Sample.Condition leaf = samples.condition(0);
                if (isUnderstood(leaf) && !deviates(leaf, message)) {
                    return leaf;
                }
            }
        }
        return random.nextInt(3) == 0
                ? new Sample.Not(tree(depth - 1, message))
                : new Sample.Chain(
                        random.nextBoolean(),
                        List.of(tree(depth - 1, message), tree(depth - 1, message), tree(depth - 1, message)));
    }

    private void compare(Sample.Condition condition, TestMessage message, List<String> mistakes) {
        String text = SampleText.enclosingNot(condition, random);
        if (text.contains("--")) {
            // A comment there.
            return;
        }
        Truth truth = new Evaluation(message, true).truth(condition);
        String artemis;
        try {
            artemis = String.valueOf(SelectorParser.parse(text).matches(new Asked(message)));
        } catch (FilterException | RuntimeException e) {
            artemis = e.toString();
        }
        compared++;
        if (!artemis.equals(String.valueOf(truth == Truth.TRUE)) && mistakes.size() < 20) {
            mistakes.add(text + "\n on " + message + "\n is " + truth + ", Artemis says " + artemis);
        }
    }

    /** It knows three number types only where they meet in an operator. */
    private TestMessage message() {
        TestMessage message = samples.message();
        Map<String, Object> properties = new HashMap<>();
        message.properties().forEach((name, value) -> {
            if (value instanceof Number number && !(value instanceof Double)) {
                properties.put(name, value instanceof Float ? number.doubleValue() : (Object) number.longValue());
            } else {
                properties.put(name, value);
            }
        });
        return new TestMessage(properties, message.headers());
    }

    /** ASCII names, no suffix but L, no 0L, no division of integers, 32 bits for literals among themselves. */
    private static boolean isUnderstood(Sample.Condition condition) {
        String tree = condition.toString();
        return tree.chars().allMatch(c -> c >= ' ' && c < 127)
                && !STRANGE.matcher(tree).find();
    }

    /** Where Artemis 2.53.0 does not do what Jakarta Messaging 3.1 and jms-behaviour 39 to 43 say. */
    private static boolean deviates(Sample.Condition leaf, TestMessage message) {
        Evaluation evaluation = new Evaluation(message, true);
        if (leaf instanceof Sample.Compare c) {
            return deviates(evaluation, c.operator(), c.left(), c.right());
        }
        if (leaf instanceof Sample.Between c) {
            // NOT BETWEEN is the negation of BETWEEN there, so that a string is not between two numbers.
            return deviates(evaluation, "<", c.value(), c.low()) || deviates(evaluation, "<", c.value(), c.high());
        }
        // Something that is no string is surely not in a list and not like a pattern; nothing is not like a pattern.
        if (leaf instanceof Sample.In c) {
            return !(message.get(c.name()) instanceof String) && message.get(c.name()) != null;
        }
        if (leaf instanceof Sample.Like c) {
            return !(message.get(c.name()) instanceof String)
                    // The escape character also takes effect in front of ordinary characters.
                    || c.escape() != null;
        }
        return false;
    }

    private static boolean deviates(Evaluation evaluation, String operator, Sample.Operand left, Sample.Operand right) {
        Object a = evaluation.value(left, false);
        Object b = evaluation.value(right, false);
        if (a == null || b == null) {
            // Equality with nothing is false and not unknown; arithmetic with a string is an error.
            return operator.equals("=") || operator.equals("<>") || computes(left) || computes(right);
        }
        // Doubles are compared by Double.compareTo, for which NaN is NaN and zero is not minus zero.
        boolean oddDouble = isOdd(a) || isOdd(b);
        // Unlike types are unequal, strings and booleans have an order.
        return oddDouble
                || !(a instanceof Number && b instanceof Number)
                        && (a.getClass() != b.getClass() || !operator.equals("=") && !operator.equals("<>"));
    }

    private static boolean comparesNothing(Sample.Condition leaf, TestMessage message) {
        Evaluation evaluation = new Evaluation(message, true);
        return leaf instanceof Sample.Compare c
                        && (evaluation.value(c.left(), false) == null || evaluation.value(c.right(), false) == null)
                || leaf instanceof Sample.Between b && evaluation.value(b.value(), false) == null;
    }

    private static boolean computes(Sample.Operand operand) {
        return operand instanceof Sample.Arithmetic || operand instanceof Sample.Sign;
    }

    private static boolean isOdd(Object value) {
        return value instanceof Double d && (d.isNaN() || d == 0);
    }

    /** Another walk in each build; {@code -Dpgqueue.test.seed} repeats one. */
    private static Random random() {
        long seed = Long.getLong("pgqueue.test.seed", System.nanoTime());
        System.out.println("ArtemisTest seed " + seed);
        return new Random(seed);
    }

    private record Asked(TestMessage message) implements Filterable {

        @Override
        public <T> @Nullable T getBodyAs(Class<T> type) {
            return null;
        }

        @Override
        public @Nullable Object getProperty(SimpleString name) {
            return message.get(name.toString());
        }

        @Override
        public @Nullable Object getLocalConnectionId() {
            return null;
        }
    }
}
