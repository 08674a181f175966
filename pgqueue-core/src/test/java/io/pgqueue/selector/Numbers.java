// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/** PostgreSQL's type numeric, as far as the answer of a selector can depend on it. */
final class Numbers {

    private static final int SIGNIFICANT_DIGITS = 16;
    private static final int DIGITS_OF_A_GROUP = 4;
    private static final BigDecimal GROUP = BigDecimal.valueOf(10_000);

    private Numbers() {}

    /** The decimal text of a double is its value; infinity is larger than every double. */
    static BigDecimal of(double d) {
        if (Double.isInfinite(d)) {
            return scaled(new BigDecimal(d > 0 ? "1e309" : "-1e309"));
        }
        return scaled(new BigDecimal(Double.toString(d)));
    }

    static BigDecimal scaled(BigDecimal value) {
        return value.scale() < 0 ? value.setScale(0) : value;
    }

    static @Nullable BigDecimal compute(BigDecimal a, char operator, BigDecimal b) {
        return switch (operator) {
            case '+' -> a.add(b);
            case '-' -> a.subtract(b);
            case '*' -> a.multiply(b);
            default -> b.signum() == 0 ? null : a.divide(b, scaleOfQuotient(a, b), RoundingMode.HALF_UP);
        };
    }

    /** select_div_scale() of numeric.c: 16 digits or more, counted in groups of four. */
    private static int scaleOfQuotient(BigDecimal a, BigDecimal b) {
        int weight = weight(a) - weight(b);
        if (firstGroup(a) <= firstGroup(b)) {
            weight--;
        }
        int scale = SIGNIFICANT_DIGITS - weight * DIGITS_OF_A_GROUP;
        return Math.min(1000, Math.max(Math.max(scale, 0), Math.max(a.scale(), b.scale())));
    }

    private static int weight(BigDecimal value) {
        return value.signum() == 0 ? 0 : Math.floorDiv(value.precision() - value.scale() - 1, DIGITS_OF_A_GROUP);
    }

    private static int firstGroup(BigDecimal value) {
        int weight = weight(value);
        BigDecimal shifted = value.abs().scaleByPowerOfTen(-weight * DIGITS_OF_A_GROUP);
        return shifted.remainder(GROUP).intValue();
    }

    static boolean isLong(BigInteger value) {
        return value.bitLength() < 64;
    }
}
