// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import org.jspecify.annotations.Nullable;

/**
 * What happened within one window of time.
 *
 * @param endSeconds since the load began
 * @param published messages
 * @param settled messages that were received and acked
 * @param perSecond of the settled ones
 * @param backlog published and not settled at the end of the window
 * @param toReceived from being made to being received
 * @param toAcked from being made to the end of its ack
 * @param databaseCpuMicros processor time of the server per settled message, null when not measured
 * @param walBytes write-ahead log per settled message
 * @param storage at the end of the window
 */
record Window(
        double endSeconds,
        long published,
        long settled,
        double perSecond,
        long backlog,
        Latency toReceived,
        Latency toAcked,
        @Nullable Double databaseCpuMicros,
        double walBytes,
        StorageState storage) {}
