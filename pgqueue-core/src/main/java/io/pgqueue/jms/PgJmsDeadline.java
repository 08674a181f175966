// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;

/** The end of a wait, by this JVM's monotonic clock. Immutable. */
final class PgJmsDeadline {

    static final PgJmsDeadline NEVER = new PgJmsDeadline(0, false);

    private final long end;
    private final boolean ends;

    private PgJmsDeadline(long end, boolean ends) {
        this.end = end;
        this.ends = ends;
    }

    static PgJmsDeadline inMillis(long millis) {
        return new PgJmsDeadline(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Math.max(0, millis)), true);
    }

    boolean isOver() {
        return ends && end - System.nanoTime() <= 0;
    }

    /** As {@link #isOver}, except that never is also no reason to wait. */
    boolean hasCome() {
        return !ends || isOver();
    }

    PgJmsDeadline orEarlier(PgJmsDeadline other) {
        if (!other.ends) {
            return this;
        }
        return !ends || other.end - end < 0 ? other : this;
    }

    /** One wait; it may end early, as all do. */
    void await(Condition condition) throws InterruptedException {
        if (ends) {
            long left = end - System.nanoTime();
            if (left > 0) {
                condition.awaitNanos(left);
            }
        } else {
            condition.await();
        }
    }
}
