// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import java.util.Arrays;
import java.util.Collection;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Median and extremes of several runs. */
record Spread(double median, double min, double max) {

    /** Null when one of them was not measured. */
    static @Nullable Spread of(Collection<? extends @Nullable Double> values) {
        if (values.isEmpty() || values.stream().anyMatch(Objects::isNull)) {
            return null;
        }
        double[] sorted = values.stream()
                .mapToDouble(value -> Objects.requireNonNull(value))
                .sorted()
                .toArray();
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    static Spread ofMeasured(double... values) {
        return Objects.requireNonNull(of(Arrays.stream(values).boxed().toList()));
    }
}
