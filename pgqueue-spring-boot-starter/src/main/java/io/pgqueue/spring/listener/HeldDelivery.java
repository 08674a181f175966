// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;

/** A delivery that is ours until it is settled. Times are of the ticker, in ns; guarded by the buffer it is in. */
final class HeldDelivery {

    /** RUNNING: a handler has it. SETTLING: the handler has returned, its ack is not committed yet. */
    enum State {
        WAITING,
        RUNNING,
        SETTLING
    }

    final Delivery delivery;
    State state = State.WAITING;
    long renewedAt;
    long since;
    boolean givenUp;

    HeldDelivery(Delivery delivery, long now) {
        this.delivery = delivery;
        this.renewedAt = now;
        this.since = now;
    }
}
