// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/** What becomes of a delivery whose time to live or retention has passed. */
public enum ExpiryPolicy {
    /** It is deleted. */
    DROP,
    /** It becomes a dead letter with reason {@code EXPIRED}. */
    DEAD_LETTER,
    /** It is moved to another queue, with {@code JMS_PGQ_Dead*} properties. */
    MOVE
}
