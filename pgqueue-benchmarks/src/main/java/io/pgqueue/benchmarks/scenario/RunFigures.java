// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import io.pgqueue.benchmarks.load.Usage;
import org.jspecify.annotations.Nullable;

/**
 * One run of one contender.
 *
 * @param messages published in the sending phase, delivered and settled in the others
 * @param seconds from the common start to the end of the last call that moved a message
 * @param perSecond messages per second
 * @param databaseCpuMicros processor time of the server per message in microseconds, null when not measured
 * @param clientCpuMicros processor time of this JVM per message in microseconds
 * @param walBytes write-ahead log per message
 */
record RunFigures(
        long messages,
        double seconds,
        double perSecond,
        @Nullable Double databaseCpuMicros,
        double clientCpuMicros,
        double walBytes) {

    static RunFigures of(long messages, long nanos, Usage usage) {
        double count = Math.max(1, messages);
        return new RunFigures(
                messages,
                nanos / 1e9,
                messages * 1e9 / nanos,
                usage.databaseMicros() == null ? null : (Double) (usage.databaseMicros() / count),
                usage.clientMicros() / count,
                usage.walBytes() / count);
    }
}
