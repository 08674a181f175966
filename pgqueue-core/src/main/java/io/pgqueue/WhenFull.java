// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/** What publishing does when a subscription that would get the message is full. */
public enum WhenFull {
    /** The publish fails with {@link QueueFullException}; no subscription gets the message. */
    FAIL,
    /**
     * The sender waits, without a connection, until there is room or its send timeout is over; then it fails. In a
     * transaction of the caller it does not wait but fails, and so it does in SQL.
     */
    BLOCK,
    /** The oldest ready delivery becomes a dead letter with reason {@code OVERFLOW}. */
    DROP_OLDEST
}
