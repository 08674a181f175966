// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

/** What one receive brought, to be settled by the thread that received it. */
public interface Batch {

    int size();

    /** What a loop begins with. */
    Batch NONE = new Batch() {
        @Override
        public int size() {
            return 0;
        }

        @Override
        public byte[] body(int index) {
            throw new IndexOutOfBoundsException(index);
        }

        @Override
        public void ack() {}

        @Override
        public void ackEach() {}
    };

    byte[] body(int index);

    /** All at once. */
    void ack();

    /** Each in a transaction of its own. */
    void ackEach();
}
