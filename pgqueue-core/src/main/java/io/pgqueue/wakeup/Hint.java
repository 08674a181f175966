// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.wakeup;

/**
 * Something may be ready. Hints may be lost, late, doubled or wrong; nothing depends on them but speed.
 *
 * @param subscription id of the subscription
 * @param priorities bit mask of the priorities, with {@link #GROUPS} for messages of groups, none of these for anywhere; and
 *     {@link #TAKEN}
 * @param position lowest position to look at
 * @param messages about how many
 */
public record Hint(int subscription, int priorities, long position, int messages) {

    public static final int GROUPS = 1 << 10;

    /** What consumers hold of it may have been taken from them; of subscription 0: of any. */
    public static final int TAKEN = 1 << 11;

    /** Not something to receive: a tracked delivery has ended, and its sender may be waiting for that. */
    public static final Hint ENDED = new Hint(0, 0, 0, 1);

    /** Deliveries have ended or are ready again, also such as consumers held, in any subscription. */
    public static final Hint ALL_TAKEN = new Hint(0, TAKEN, 0, 1);

    /** Something may be anywhere in this subscription: look everywhere. */
    public static Hint anywhereIn(int subscription) {
        return new Hint(subscription, 0, Long.MAX_VALUE, 1);
    }

    /** Whether something may be anywhere. */
    public boolean anywhere() {
        return (priorities & ~TAKEN) == 0;
    }

    /** One hint for both; of the same subscription. */
    public Hint merge(Hint other) {
        return new Hint(subscription, priorities | other.priorities, Math.min(position, other.position), (int)
                Math.min(1_000_000L, (long) messages + other.messages));
    }
}
