// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates a {@link Sample} for one message: knows neither the parser nor the jsonpath. Either as Java would, or by the
 * documented rules, noting which {@link Difference} had to be applied.
 */
final class Evaluation {

    private static final BigDecimal EXACT_IN_DOUBLE = BigDecimal.valueOf(1L << 53);
    private static final BigDecimal EXACT_IN_FLOAT = BigDecimal.valueOf(1L << 24);

    private final TestMessage message;
    private final boolean java;
    private final Set<Difference> applied = EnumSet.noneOf(Difference.class);

    Evaluation(TestMessage message, boolean java) {
        this.message = message;
        this.java = java;
    }

    /** Kleene's three values. */
    enum Truth {
        FALSE,
        UNKNOWN,
        TRUE;

        static Truth of(boolean value) {
            return value ? TRUE : FALSE;
        }

        Truth not() {
            return values()[2 - ordinal()];
        }

        Truth and(Truth other) {
            return compareTo(other) <= 0 ? this : other;
        }

        Truth or(Truth other) {
            return compareTo(other) >= 0 ? this : other;
        }
    }

    /** A number by the documented rules; {@code java} is its value there, of which only the type counts. */
    private record Decimal(BigDecimal value, Class<?> type) {

        boolean integral() {
            return type == Long.class;
        }
    }

    private record NotANumber() {}

    Set<Difference> applied() {
        return applied;
    }

    Truth truth(Sample.Condition condition) {
        if (condition instanceof Sample.Constant c) {
            return Truth.of(c.value());
        } else if (condition instanceof Sample.Not c) {
            return truth(c.part()).not();
        } else if (condition instanceof Sample.Chain c) {
            Truth result = truth(c.parts().get(0));
            for (Sample.Condition part : c.parts().subList(1, c.parts().size())) {
                result = c.and() ? result.and(truth(part)) : result.or(truth(part));
            }
            return result;
        } else if (condition instanceof Sample.Bare c) {
            return compare(new Sample.Name(c.name()), "=", new Sample.Literal("TRUE", true));
        } else if (condition instanceof Sample.Compare c) {
            return compare(c.left(), c.operator(), c.right());
        } else if (condition instanceof Sample.Between c) {
            return c.not()
                    ? compare(c.value(), "<", c.low()).or(compare(c.value(), ">", c.high()))
                    : compare(c.value(), ">=", c.low()).and(compare(c.value(), "<=", c.high()));
        } else if (condition instanceof Sample.In c) {
            if (!(message.get(c.name()) instanceof String text)) {
                return Truth.UNKNOWN;
            }
            boolean found = false;
            for (String string : c.strings()) {
                found |= equal(text, string);
            }
            return Truth.of(found != c.not());
        } else if (condition instanceof Sample.Like c) {
            return like(c);
        } else {
            Sample.IsNull c = (Sample.IsNull) condition;
            return Truth.of((message.get(c.name()) == null) != c.not());
        }
    }

    private Truth compare(Sample.Operand left, String operator, Sample.Operand right) {
        boolean leftWraps = wraps(left);
        boolean rightWraps = wraps(right);
        boolean real = leftWraps && hasReal(left) || rightWraps && hasReal(right);
        Object a = value(left, leftWraps && !real);
        Object b = value(right, rightWraps && !real);
        if (a == null || b == null) {
            return Truth.UNKNOWN;
        }
        boolean unequal = operator.equals("<>");
        if (unequal || operator.equals("=")) {
            if (a instanceof String s && b instanceof String t) {
                return Truth.of(equal(s, t) != unequal);
            }
            if (a instanceof Boolean && b instanceof Boolean) {
                return Truth.of(a.equals(b) != unequal);
            }
        }
        if (!isNumber(a) || !isNumber(b)) {
            return Truth.FALSE;
        }
        return Truth.of(java ? compareAsJava((Number) a, operator, (Number) b) : compareExactly(a, operator, b));
    }

    private static boolean isNumber(Object value) {
        return value instanceof Number || value instanceof Decimal || value instanceof NotANumber;
    }

    private boolean compareExactly(Object a, String operator, Object b) {
        if (!(a instanceof Decimal x) || !(b instanceof Decimal y)) {
            if (operator.equals("<>")) {
                applied.add(Difference.NAN_UNEQUAL);
            }
            return false;
        }
        if (x.integral() != y.integral()) {
            BigDecimal exact = x.type() == Float.class || y.type() == Float.class ? EXACT_IN_FLOAT : EXACT_IN_DOUBLE;
            if (x.value().abs().max(y.value().abs()).compareTo(exact) >= 0) {
                applied.add(Difference.EXACT_COMPARISON);
            }
        }
        return holds(x.value().compareTo(y.value()), operator);
    }

    private static boolean compareAsJava(Number a, String operator, Number b) {
        if (a instanceof Long && b instanceof Long) {
            return holds(Long.compare(a.longValue(), b.longValue()), operator);
        }
        double x = a.doubleValue();
        double y = b.doubleValue();
        if (!(a instanceof Double) && !(b instanceof Double)) {
            x = a.floatValue();
            y = b.floatValue();
        }
        return switch (operator) {
            case "=" -> x == y;
            case "<>" -> x != y;
            case "<" -> x < y;
            case "<=" -> x <= y;
            case ">" -> x > y;
            default -> x >= y;
        };
    }

    private static boolean holds(int order, String operator) {
        return switch (operator) {
            case "=" -> order == 0;
            case "<>" -> order != 0;
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    /** Null is unknown. */
    @Nullable
    Object value(Sample.Operand operand, boolean wrap) {
        Object value = plain(operand);
        if (!java && wrap && value instanceof Decimal d) {
            return new Decimal(BigDecimal.valueOf(d.value().toBigInteger().longValue()), Long.class);
        }
        if (value instanceof Decimal d
                && d.integral()
                && !Numbers.isLong(d.value().toBigInteger())) {
            applied.add(Difference.NO_WRAP_BESIDE_REALS);
        }
        return value;
    }

    private @Nullable Object plain(Sample.Operand operand) {
        if (operand instanceof Sample.Name name) {
            return typed(message.get(name.name()));
        } else if (operand instanceof Sample.Literal literal) {
            return typed(literal.value());
        }
        Long folded = folded(operand);
        if (folded != null) {
            return typed(folded);
        }
        if (operand instanceof Sample.Sign sign) {
            return arithmetic(typed(0L), sign.sign(), plain(sign.operand()));
        }
        Sample.Arithmetic sum = (Sample.Arithmetic) operand;
        return arithmetic(plain(sum.left()), sum.operator(), plain(sum.right()));
    }

    private @Nullable Object typed(@Nullable Object value) {
        Object wide = value instanceof Byte || value instanceof Short || value instanceof Integer
                ? (Object) ((Number) value).longValue()
                : value;
        if (java || !(wide instanceof Number number)) {
            return wide;
        }
        if (number instanceof Long l) {
            return new Decimal(BigDecimal.valueOf(l), Long.class);
        }
        return Double.isNaN(number.doubleValue())
                ? new NotANumber()
                : new Decimal(Numbers.of(number.doubleValue()), number.getClass());
    }

    private @Nullable Object arithmetic(@Nullable Object a, char operator, @Nullable Object b) {
        if (a == null || b == null || !isNumber(a) || !isNumber(b)) {
            return null;
        }
        return java ? computeAsJava((Number) a, operator, (Number) b) : computeExactly(a, operator, b);
    }

    private @Nullable Object computeExactly(Object a, char operator, Object b) {
        if (!(a instanceof Decimal x) || !(b instanceof Decimal y)) {
            applied.add(Difference.NAN_ARITHMETIC);
            return null;
        }
        boolean integral = x.integral() && y.integral();
        if (!integral) {
            applied.add(Difference.DECIMAL_ARITHMETIC);
        }
        if (x.integral() && !Numbers.isLong(x.value().toBigInteger())
                || y.integral() && !Numbers.isLong(y.value().toBigInteger())) {
            applied.add(Difference.NO_WRAP_BESIDE_REALS);
        }
        BigDecimal result = Numbers.compute(x.value(), operator, y.value());
        if (result == null) {
            applied.add(Difference.DIVISION_BY_ZERO);
            return null;
        }
        if (operator == '/' && integral) {
            BigInteger[] parts =
                    x.value().toBigInteger().divideAndRemainder(y.value().toBigInteger());
            if (parts[1].signum() != 0) {
                applied.add(Difference.INTEGER_DIVISION);
                return new Decimal(result, Double.class);
            }
        }
        Class<?> type = integral
                ? Long.class
                : x.type() == Double.class || y.type() == Double.class ? Double.class : Float.class;
        return new Decimal(result, type);
    }

    private static @Nullable Object computeAsJava(Number a, char operator, Number b) {
        if (a instanceof Long x && b instanceof Long y) {
            return switch (operator) {
                case '+' -> (Object) (x + y);
                case '-' -> (Object) (x - y);
                case '*' -> (Object) (x * y);
                default -> y == 0 ? null : (Object) (x / y);
            };
        }
        if (a instanceof Double || b instanceof Double) {
            double x = a.doubleValue();
            double y = b.doubleValue();
            return switch (operator) {
                case '+' -> x + y;
                case '-' -> x - y;
                case '*' -> x * y;
                default -> x / y;
            };
        }
        float x = a.floatValue();
        float y = b.floatValue();
        return switch (operator) {
            case '+' -> x + y;
            case '-' -> x - y;
            case '*' -> x * y;
            default -> x / y;
        };
    }

    /** Integer literals alone are computed before any message is seen, and wrap. */
    private static @Nullable Long folded(Sample.Operand operand) {
        if (operand instanceof Sample.Literal literal) {
            return literal.value() instanceof Long l ? l : null;
        }
        if (operand instanceof Sample.Sign sign) {
            Long value = folded(sign.operand());
            return value == null ? null : sign.sign() == '-' ? Long.valueOf(-value) : value;
        }
        if (operand instanceof Sample.Arithmetic sum && sum.operator() != '/') {
            Long a = folded(sum.left());
            Long b = folded(sum.right());
            return a == null || b == null ? null : (Long) computeAsJava(a, sum.operator(), b);
        }
        return null;
    }

    private static boolean wraps(Sample.Operand operand) {
        return (operand instanceof Sample.Sign || operand instanceof Sample.Arithmetic) && integralText(operand);
    }

    private static boolean integralText(Sample.Operand operand) {
        if (operand instanceof Sample.Sign sign) {
            return integralText(sign.operand());
        }
        if (operand instanceof Sample.Arithmetic sum) {
            return sum.operator() != '/' && integralText(sum.left()) && integralText(sum.right());
        }
        return !(operand instanceof Sample.Literal literal) || literal.value() instanceof Long;
    }

    private boolean hasReal(Sample.Operand operand) {
        if (operand instanceof Sample.Sign sign) {
            return hasReal(sign.operand());
        }
        if (operand instanceof Sample.Arithmetic sum) {
            return hasReal(sum.left()) || hasReal(sum.right());
        }
        Object value = operand instanceof Sample.Name name ? message.get(name.name()) : null;
        return value instanceof Float || value instanceof Double;
    }

    private boolean equal(String a, String b) {
        return text(a).equals(text(b));
    }

    private Truth like(Sample.Like like) {
        if (!(message.get(like.name()) instanceof String text)) {
            return Truth.UNKNOWN;
        }
        int[] chars = units(text(text));
        int[] pattern = units(text(like.pattern()));
        int escape = like.escape() == null ? -1 : like.escape().codePointAt(0);
        List<int[]> wanted = new ArrayList<>();
        for (int i = 0; i < pattern.length; i++) {
            int c = pattern[i];
            int next = i + 1 < pattern.length ? pattern[i + 1] : -1;
            if (c == escape && (next == '%' || next == '_' || next == escape)) {
                wanted.add(new int[] {next});
                i++;
            } else {
                wanted.add(c == '%' || c == '_' ? new int[] {c, 0} : new int[] {c});
            }
        }
        return Truth.of(matches(chars, wanted) != like.not());
    }

    /** Row by row: reached[i] says whether the pattern so far can match the first i characters. */
    private static boolean matches(int[] chars, List<int[]> wanted) {
        boolean[] reached = new boolean[chars.length + 1];
        reached[0] = true;
        for (int[] want : wanted) {
            boolean[] next = new boolean[chars.length + 1];
            boolean wild = want.length == 2;
            for (int i = 0; i <= chars.length; i++) {
                if (wild && want[0] == '%') {
                    next[i] = reached[i] || i > 0 && next[i - 1];
                } else {
                    next[i] = i > 0 && reached[i - 1] && (wild || chars[i - 1] == want[0]);
                }
            }
            reached = next;
        }
        return reached[chars.length];
    }

    private int[] units(String text) {
        if (java) {
            return text.chars().toArray();
        }
        int[] points = text.codePoints().toArray();
        if (points.length != text.length()) {
            applied.add(Difference.CODE_POINTS);
        }
        return points;
    }

    private String text(String text) {
        if (java) {
            return text;
        }
        int[] points = text.codePoints()
                .map(c -> c == 0 || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .toArray();
        String clean = new String(points, 0, points.length);
        if (!clean.equals(text)) {
            applied.add(Difference.REPLACED_CHARACTERS);
        }
        return clean;
    }
}
