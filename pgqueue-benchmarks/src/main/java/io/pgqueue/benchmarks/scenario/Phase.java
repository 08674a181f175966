// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import java.util.Locale;

/** What the clients do in one run. */
enum Phase {
    /** Publish only. */
    SEND,
    /** Receive and ack batches of what waits. */
    CONSUME,
    /** Receive many, ack each in a transaction of its own. */
    ACK,
    /** As many publishers as consumers at the same time. */
    STEADY;

    /** Whether something must wait before the run begins. */
    boolean needsBacklog() {
        return this == CONSUME || this == ACK;
    }

    /** Threads for so many clients. */
    int threads(int clients) {
        return this == STEADY ? 2 * clients : clients;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
