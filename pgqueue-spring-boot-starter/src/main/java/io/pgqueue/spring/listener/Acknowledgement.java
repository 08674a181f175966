// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.time.Duration;

/**
 * Settles the delivery a handler was called with; in a batch listener all of them, or one through {@link #of}. Needed in
 * mode {@link AckMode#MANUAL}, allowed in TRANSACTION and AUTO: what a handler has settled itself is not acknowledged when
 * it returns. Settling joins the transaction of the calling thread, so in mode TRANSACTION it happens when the handler's
 * work commits, and not at all when the handler fails. Safe for use by several threads.
 *
 * <p>A delivery can be settled once; for a batch, settling means those that are not settled yet. A second settlement is an
 * {@link IllegalStateException}, a mistake of the handler. Every method throws {@link io.pgqueue.StaleDeliveryException} if
 * the delivery is somebody else's by now: then the work must not be kept.
 */
public interface Acknowledgement {

    /** Done. */
    void ack();

    /** Failed: delivered again after the backoff, or dead when its attempts are used up. */
    void nack();

    /** Failed: delivered again after this time, zero for at once, or dead when its attempts are used up. */
    void nack(Duration delay);

    /** Not now: delivered again after this time, and this attempt does not count. */
    void retryLater(Duration delay);

    /**
     * To the dead letters at once, attempts left or not.
     *
     * @param reason for people who look at dead letters; at most 2000 characters are kept
     */
    void deadLetter(String reason);

    /**
     * Holds on for so long from now, in a transaction of its own. The container does this for running handlers; it is
     * for work that goes on after the handler has returned.
     */
    void extend(Duration lease);

    /**
     * Whether the delivery, for a batch everything in it, is known to be taken from us while the handler works: cancelled, purged,
     * dropped, released by hand or given to somebody else. Its ack would be stale, so a handler that takes long may return. Asks
     * nobody; see {@link Delivery#isCancelled}.
     */
    boolean isCancelled();

    /**
     * The same for one delivery of a batch.
     *
     * @throws IllegalArgumentException if it is not one of those the handler was called with
     */
    Acknowledgement of(Delivery delivery);
}
