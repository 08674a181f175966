// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.QueueFullException;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.SqlErrors;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Has senders wait until a full subscription has room, where that is its policy. A sender holds no connection meanwhile, and
 * one in a transaction of its caller never waits, because that would hold its connection and its locks.
 */
final class RoomWait {

    private static final long FIRST_MILLIS = 10;
    private static final long LONGEST_MILLIS = 500;

    private final Transactions transactions;
    private final Duration timeout;

    RoomWait(Transactions transactions, Duration timeout) {
        this.transactions = transactions;
        this.timeout = timeout;
    }

    /** Runs the work again until there is room, it may not wait, or the time is over. */
    <T> T retry(Supplier<T> work) {
        long begin = 0;
        for (long millis = FIRST_MILLIS; ; millis = Math.min(2 * millis, LONGEST_MILLIS)) {
            try {
                return work.get();
            } catch (NoRoomException full) {
                if (!full.mayWait || inCallersTransaction()) {
                    throw full;
                }
                long now = System.nanoTime();
                begin = millis == FIRST_MILLIS ? now : begin;
                long left = timeout.toMillis() - TimeUnit.NANOSECONDS.toMillis(now - begin);
                if (left <= 0) {
                    throw full;
                }
                pause(Math.min(millis, left), full);
            }
        }
    }

    boolean inCallersTransaction() {
        try {
            return transactions.inCallersTransaction();
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    private static void pause(long millis, NoRoomException full) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw full;
        }
    }

    /** No room for a message, and whether its sender may wait for some. */
    static final class NoRoomException extends QueueFullException {

        private static final long serialVersionUID = 1L;

        private final boolean mayWait;

        NoRoomException(String subscription, String destination, boolean mayWait) {
            super(
                    "Subscription '" + subscription + "' of destination '" + destination
                            + "' is full, nothing was published; try again when its consumers have caught up, or change its depthLimit");
            this.mayWait = mayWait;
        }
    }
}
