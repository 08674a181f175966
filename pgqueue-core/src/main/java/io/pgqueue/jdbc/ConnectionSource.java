// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Where connections come from, and whose transaction they are in. Implementations are safe for use by several threads;
 * the answers of {@link #current()} belong to the calling thread.
 */
public interface ConnectionSource {

    /** A connection outside any transaction of the caller; the taker closes it. */
    Connection open() throws SQLException;

    /**
     * The connection of the caller's open transaction on this database, or null when there is none. It is looked up at
     * every operation, never kept; give it back with {@link #release}.
     */
    @Nullable
    Connection current() throws SQLException;

    /** Gives back what {@link #current()} returned; does not end the transaction. */
    void release(Connection current);

    /** Runs the action after the caller's transaction has committed, and never if it rolls back. */
    void afterCommit(Runnable action);

    /**
     * Runs the action after the caller's transaction has rolled back, and never if it commits. A source that cannot tell
     * does nothing: what was acknowledged there comes back when its lease ends.
     */
    default void afterRollback(Runnable action) {}

    /**
     * Runs the action after the caller's transaction has ended and nobody knows how: the answer to its commit was lost. A source
     * that has no such end, or cannot tell, does nothing.
     */
    default void afterUnknownEnd(Runnable action) {}

    /**
     * Why work would not be part of the transaction that the caller is in, and what to do about it; null when it would be, or
     * when there is none. A source that knows of no transactions but its own says null.
     *
     * @throws SQLException if the connection of the caller's transaction does not work
     */
    default @Nullable String whyNotJoined() throws SQLException {
        return null;
    }
}
