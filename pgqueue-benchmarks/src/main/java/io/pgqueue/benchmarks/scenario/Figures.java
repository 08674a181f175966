// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Figures as text for the tables; patterns are those of {@link String#format}. */
final class Figures {

    private Figures() {}

    static String text(String pattern, double value) {
        return String.format(Locale.ROOT, pattern, value);
    }

    /** "n/m" for what was not measured. */
    static String text(String pattern, @Nullable Double value) {
        return value == null ? "n/m" : text(pattern, value.doubleValue());
    }

    /** The median; "n/m" for what was not measured. */
    static String text(String pattern, @Nullable Spread spread) {
        return spread == null ? "n/m" : text(pattern, spread.median());
    }

    static String range(String pattern, Spread spread) {
        return text(pattern, spread.min()) + "-" + text(pattern, spread.max());
    }
}
