// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

/** What one receive brought, to be settled by the thread that received it. */
public interface Batch {

    int size();

    byte[] body(int index);

    /** All at once. */
    void ack();

    /** Each in a transaction of its own. */
    void ackEach();
}
