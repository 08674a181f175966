// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;

/** A delivery that is ours until it is settled. Times are of the ticker, in ns; guarded by the buffer it is in. */
final class HeldDelivery {

    final Delivery delivery;
    long renewedAt;
    long since;
    boolean running;
    boolean givenUp;

    HeldDelivery(Delivery delivery, long now) {
        this.delivery = delivery;
        this.renewedAt = now;
        this.since = now;
    }
}
