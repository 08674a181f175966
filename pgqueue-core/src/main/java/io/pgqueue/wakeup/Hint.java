// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.wakeup;

/**
 * Something may be ready. Hints may be lost, late, doubled or wrong; nothing depends on them but speed.
 *
 * @param subscription id of the subscription
 * @param priorities bit mask of the priorities, with {@link #GROUPS} for messages of groups; 0 for anywhere
 * @param position lowest position to look at
 * @param messages about how many
 */
public record Hint(int subscription, int priorities, long position, int messages) {

    public static final int GROUPS = 1 << 10;

    /** Not something to receive: a tracked delivery has ended, and its sender may be waiting for that. */
    public static final Hint ENDED = new Hint(0, 0, 0, 1);

    /** One hint for both; of the same subscription. */
    public Hint merge(Hint other) {
        return new Hint(subscription, priorities | other.priorities, Math.min(position, other.position), (int)
                Math.min(1_000_000L, (long) messages + other.messages));
    }
}
