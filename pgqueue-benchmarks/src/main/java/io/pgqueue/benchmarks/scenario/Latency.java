// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import org.HdrHistogram.Histogram;

/**
 * Milliseconds since a message was made, which is right before it is sent.
 *
 * @param p50 half of the messages were faster
 * @param p99 of a hundred messages one was slower
 * @param max the slowest
 */
record Latency(double p50, double p99, double max) {

    /** @param micros values in microseconds */
    static Latency of(Histogram micros) {
        return new Latency(
                micros.getValueAtPercentile(50) / 1e3,
                micros.getValueAtPercentile(99) / 1e3,
                micros.getMaxValue() / 1e3);
    }
}
