// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Told of each call to the database, for tracing and logs: also of those in a transaction of the caller, and on a connection
 * that the caller gave. Not of what begins and ends transactions, and not of the migration. Called in the thread that makes the
 * call, so implementations return quickly and are safe for use by several threads. What they throw, an Error included, is
 * logged and changes nothing: the call has its own end.
 */
public interface StatementListener {

    default void before(DatabaseCall call) {}

    /**
     * @param took from sending the call to its answer
     * @param failure what it failed with, null if it did not
     */
    default void after(DatabaseCall call, Duration took, @Nullable SQLException failure) {}
}
