// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/** Where an unfinished delivery stands. */
public enum DeliveryState {

    /** Can be leased now. */
    READY,

    /** Held by a consumer. */
    LEASED,

    /** Waits for the time that the sender or the subscription asked for. */
    DELAYED,

    /** Waits out a backoff. */
    RETRYING
}
