// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/**
 * What a cancel did to one subscription's copy of a message.
 *
 * @param subscription name of the subscription, or of the queue
 * @param outcome what became of it
 */
public record CancelResult(String subscription, Outcome outcome) {

    /** What became of a delivery that was to be cancelled. */
    public enum Outcome {
        /** It waited and will not be delivered. */
        CANCELLED,
        /** A worker holds it: the worker's ack is stale now, and in one transaction with it, so is its work. */
        WAS_LEASED,
        /** It is a dead letter, which a cancel leaves alone. */
        FINISHED
    }
}
