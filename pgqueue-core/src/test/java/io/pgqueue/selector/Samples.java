// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** Random selectors and messages from small pools, so that they often have something to do with each other. */
final class Samples {

    static final List<String> PROPERTIES =
            List.of("p", "q", "r", "_s", "a$b", "näme", "JMSXGroupID", "JMS_x", "Nulls", "p\u0001q");

    static final List<String> STRINGS = List.of(
            "",
            "a",
            "abc",
            "a%c",
            "a_c",
            "a.c",
            "aXXc",
            "x\ny",
            "x\r",
            "it's",
            "\"",
            "\\",
            "\\d",
            "\\u0041",
            "%",
            "_",
            "^a$",
            "(a|b)*[x]{2}+?",
            "true",
            "1",
            "PERSISTENT",
            "日本",
            "😀",
            "a😀c",
            "a\0c",
            "a\uD800c",
            "\uDC00",
            "a\uFFFDc",
            "\u0001\u007F",
            "$.p",
            "ID:x",
            " ");

    private static final List<String> PATTERNS = List.of(
            "%",
            "_",
            "a%",
            "%c",
            "a_c",
            "a%c",
            "__",
            "___",
            "%a%c%",
            "_%",
            "%_%",
            "x_y",
            "\\%",
            "\\_",
            "a\\%c",
            "a\\_c",
            "x%",
            "%%",
            "a!%c",
            "a!_c",
            "!!",
            "!a",
            "a!",
            "%!",
            "a.c",
            "^a$",
            "[abc]",
            "a😀c",
            "a\uD800c",
            "a\0%",
            "\\d",
            "(a|b)*%",
            "%\n%",
            "%'%",
            "_______________");

    private static final List<String> ESCAPES = List.of("!", "\\", "%", "_", "a", "'", ".", "😀");

    private static final long[] LONGS = {
        0,
        1,
        2,
        -1,
        -2,
        3,
        5,
        123,
        127,
        -128,
        32767,
        1L << 24,
        (1L << 24) + 1,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        (1L << 53),
        (1L << 53) + 1,
        1L << 62,
        3037000500L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MIN_VALUE + 1
    };

    private static final double[] DOUBLES = {
        0.0,
        -0.0,
        1.0,
        2.0,
        -1.0,
        1.5,
        -2.5,
        0.1,
        0.2,
        0.3,
        1.1,
        123.0,
        1.0 / 3,
        1e10,
        9.007199254740992E15,
        9.223372036854775807E18,
        1e308,
        -1e308,
        Double.MIN_VALUE,
        Double.MAX_VALUE
    };

    private static final float[] FLOATS = {
        0f, 1f, 1.5f, -2.5f, 1.1f, 0.1f, 0.2f, 123f, 16777216f, 1e38f, Float.MIN_VALUE
    };

    private final Random random;

    Samples(Random random) {
        this.random = random;
    }

    // ---- messages

    TestMessage message() {
        Map<String, Object> properties = new HashMap<>();
        // Among messages of all kinds arithmetic is nearly always unknown, so a part of them has small numbers only.
        boolean numbers = random.nextInt(3) == 0;
        for (String name : PROPERTIES) {
            if (numbers) {
                properties.put(name, smallNumber());
            } else if (random.nextInt(5) > 0) {
                properties.put(name, property());
            }
        }
        Map<String, Object> headers = new HashMap<>();
        long sent = 1_700_000_000_000L + random.nextInt(3);
        headers.put("JMSDeliveryMode", "PERSISTENT");
        headers.put("JMSPriority", (long) random.nextInt(10));
        headers.put("JMSMessageID", "ID:" + new UUID(0, random.nextInt(3)));
        headers.put("JMSTimestamp", sent);
        headers.put("JMSExpiration", random.nextBoolean() ? 0L : sent + 5);
        headers.put("JMSDeliveryTime", random.nextBoolean() ? sent : sent + 1);
        if (random.nextBoolean()) {
            headers.put("JMSCorrelationID", headerText());
        }
        if (random.nextBoolean()) {
            headers.put("JMSType", headerText());
        }
        return new TestMessage(properties, headers);
    }

    /** The columns of headers take no text that PostgreSQL cannot hold. */
    private String headerText() {
        String text;
        do {
            text = string();
        } while (text.indexOf('\0') >= 0
                || text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
        return text;
    }

    private Object property() {
        return switch (random.nextInt(10)) {
            case 0 -> random.nextBoolean();
            case 1 -> (byte) longValue();
            case 2 -> (short) longValue();
            case 3 -> (int) longValue();
            case 4, 5 -> longValue();
            case 6 -> floatValue();
            case 7 -> doubleValue();
            default -> string();
        };
    }

    private Object smallNumber() {
        int value = random.nextInt(9) - 3;
        return switch (random.nextInt(4)) {
            case 0 -> (long) value;
            case 1 -> value + 0.5;
            case 2 -> (float) value;
            default -> value;
        };
    }

    private long longValue() {
        return random.nextInt(20) == 0 ? random.nextLong() : LONGS[random.nextInt(LONGS.length)];
    }

    private Float floatValue() {
        return switch (random.nextInt(20)) {
            case 0 -> Float.NaN;
            case 1 -> Float.POSITIVE_INFINITY;
            case 2 -> Float.NEGATIVE_INFINITY;
            case 3 -> random.nextFloat();
            default -> FLOATS[random.nextInt(FLOATS.length)];
        };
    }

    private Double doubleValue() {
        return switch (random.nextInt(20)) {
            case 0 -> Double.NaN;
            case 1 -> Double.POSITIVE_INFINITY;
            case 2 -> Double.NEGATIVE_INFINITY;
            case 3 -> random.nextGaussian();
            default -> DOUBLES[random.nextInt(DOUBLES.length)];
        };
    }

    private String string() {
        return pick(STRINGS);
    }

    // ---- selectors

    Sample.Condition condition(int depth) {
        if (depth > 0) {
            switch (random.nextInt(5)) {
                case 0:
                    return new Sample.Not(condition(depth - 1));
                case 1, 2:
                    boolean and = random.nextBoolean();
                    List<Sample.Condition> parts = new ArrayList<>();
                    int count = 2 + random.nextInt(2);
                    while (parts.size() < count) {
                        parts.add(condition(depth - 1));
                    }
                    return new Sample.Chain(and, parts);
                default:
            }
        }
        return switch (random.nextInt(16)) {
            case 0 -> new Sample.Constant(random.nextBoolean());
            case 1 -> new Sample.Bare(name());
            case 2, 3 -> new Sample.IsNull(name(), random.nextBoolean());
            case 4, 5 -> new Sample.In(name(), random.nextBoolean(), List.of(string(), string(), string()));
            case 6, 7 -> new Sample.Like(name(), random.nextBoolean(), pick(PATTERNS), escape());
            case 8, 9 -> new Sample.Between(number(1), random.nextBoolean(), number(1), number(1));
            case 10, 11, 12 -> new Sample.Compare(number(2), pick(List.of("=", "<>", "<", "<=", ">", ">=")), number(2));
            default -> equality();
        };
    }

    private Sample.Condition equality() {
        Sample.Operand left = new Sample.Name(name());
        Sample.Operand right = switch (random.nextInt(5)) {
            case 0 -> new Sample.Name(name());
            case 1 -> new Sample.Literal("TRUE", true);
            case 2 -> new Sample.Literal("FALSE", false);
            case 3 -> new Sample.Literal("", string());
            default -> numberLiteral();
        };
        boolean swap = random.nextBoolean();
        return new Sample.Compare(swap ? right : left, random.nextBoolean() ? "=" : "<>", swap ? left : right);
    }

    private String escape() {
        return random.nextBoolean() ? "!" : pick(ESCAPES);
    }

    private Sample.Operand number(int depth) {
        int choice = random.nextInt(depth > 0 ? 14 : 6);
        if (choice < 4) {
            return new Sample.Name(name());
        }
        if (choice < 6) {
            return numberLiteral();
        }
        if (choice == 6) {
            return new Sample.Sign(random.nextInt(4) == 0 ? '+' : '-', number(depth - 1));
        }
        return new Sample.Arithmetic(number(depth - 1), "+-*/".charAt(random.nextInt(4)), number(depth - 1));
    }

    private Sample.Literal numberLiteral() {
        if (random.nextInt(3) == 0) {
            long small = random.nextInt(9) - 3;
            return new Sample.Literal(Long.toString(small), small);
        }
        if (random.nextBoolean()) {
            long value = longValue();
            String text = switch (value < 0 ? 0 : random.nextInt(6)) {
                case 1 -> "0x" + Long.toHexString(value);
                case 2 -> value == 0 ? "0" : "0" + Long.toOctalString(value);
                case 3 -> value + "L";
                default -> Long.toString(value);
            };
            return new Sample.Literal(text, value);
        }
        if (random.nextInt(4) == 0) {
            float value = FLOATS[random.nextInt(FLOATS.length)];
            return new Sample.Literal(value + (random.nextBoolean() ? "f" : "F"), value);
        }
        double value = DOUBLES[random.nextInt(DOUBLES.length)];
        String text = Double.toString(value);
        if (text.endsWith(".0") && random.nextBoolean()) {
            text = text.substring(0, text.length() - 1);
        } else if (text.startsWith("0.") && text.length() > 3 && random.nextBoolean()) {
            text = text.substring(1);
        } else if (random.nextInt(4) == 0) {
            text = text.toLowerCase(Locale.ROOT) + "d";
        }
        return new Sample.Literal(text, value);
    }

    private String name() {
        return random.nextInt(6) == 0 ? pick(Identifiers.HEADERS) : random.nextInt(8) == 0 ? "gone" : pick(PROPERTIES);
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
