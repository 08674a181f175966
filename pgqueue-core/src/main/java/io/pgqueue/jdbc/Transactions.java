// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import org.jspecify.annotations.Nullable;

/**
 * Runs work in the caller's transaction or in a READ COMMITTED one of its own, and tells the two kinds of failure apart: the connection
 * could not be had ({@link NoConnectionException}, nothing was done) or something failed on it. Safe for use by several
 * threads.
 */
public final class Transactions {

    private final ConnectionSource source;

    /** Asked once, because asking is a round trip; null until then. */
    private volatile @Nullable Boolean readCommittedByDefault;

    public Transactions(ConnectionSource source) {
        this.source = source;
    }

    /** Where the connections come from, and whose transactions are joined. */
    public ConnectionSource source() {
        return source;
    }

    /** A single statement in a transaction of its own, one round trip when the connection commits by itself. */
    public <T extends @Nullable Object> T statement(SqlWork<T> work) throws SQLException {
        return alone(work).value();
    }

    private <T extends @Nullable Object> Outcome<T> alone(SqlWork<T> work) throws SQLException {
        try (Connection connection = open()) {
            if (!connection.getAutoCommit()) {
                return commit(connection, work);
            }
            return new Outcome<>(work.run(connection), false, null);
        }
    }

    /** Several statements in a transaction of their own. */
    public <T extends @Nullable Object> T transaction(SqlWork<T> work) throws SQLException {
        return aloneInTransaction(work).value();
    }

    private <T extends @Nullable Object> Outcome<T> aloneInTransaction(SqlWork<T> work) throws SQLException {
        try (Connection connection = open()) {
            boolean autoCommit = connection.getAutoCommit();
            connection.setAutoCommit(false);
            try {
                return commit(connection, work);
            } finally {
                restore(connection, autoCommit);
            }
        }
    }

    /** The caller's transaction when there is one, else a statement in a transaction of its own. */
    public <T extends @Nullable Object> Outcome<T> joinOrStatement(SqlWork<T> work) throws SQLException {
        Connection current = source.current();
        return current == null ? alone(work) : joined(current, work);
    }

    /** The caller's transaction when there is one, else several statements in a transaction of their own. */
    public <T extends @Nullable Object> Outcome<T> joinOrTransaction(SqlWork<T> work) throws SQLException {
        Connection current = source.current();
        return current == null ? aloneInTransaction(work) : joined(current, work);
    }

    /** Whether there is a transaction of the caller, which work would join. */
    public boolean inCallersTransaction() throws SQLException {
        Connection current = source.current();
        if (current == null) {
            return false;
        }
        source.release(current);
        return true;
    }

    public void afterCommit(Runnable action) {
        source.afterCommit(action);
    }

    public void afterRollback(Runnable action) {
        source.afterRollback(action);
    }

    public void afterUnknownEnd(Runnable action) {
        source.afterUnknownEnd(action);
    }

    /** The same connections, but never a caller's transaction. */
    public Transactions independent() {
        return new Transactions(new IndependentConnectionSource(source));
    }

    private <T extends @Nullable Object> Outcome<T> joined(Connection current, SqlWork<T> work) throws SQLException {
        try {
            return new Outcome<>(work.run(current), true, null);
        } finally {
            source.release(current);
        }
    }

    private Connection open() throws NoConnectionException {
        try {
            Connection connection = source.open();
            try {
                makeReadCommitted(connection);
                return connection;
            } catch (SQLException | RuntimeException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw new NoConnectionException(e);
        }
    }

    /** Leases must not be taken by an older snapshot; a pool gives the connection its own level back. */
    private void makeReadCommitted(Connection connection) throws SQLException {
        Boolean byDefault = readCommittedByDefault;
        if (byDefault == null) {
            byDefault = connection.getTransactionIsolation() == Connection.TRANSACTION_READ_COMMITTED;
            readCommittedByDefault = byDefault;
        }
        if (!byDefault) {
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        }
    }

    private static <T extends @Nullable Object> Outcome<T> commit(Connection connection, SqlWork<T> work)
            throws SQLException {
        T result;
        try {
            result = work.run(connection);
        } catch (SQLException | RuntimeException | Error e) {
            rollBack(connection, e);
            throw e;
        }
        connection.clearWarnings();
        connection.commit();
        return new Outcome<>(result, false, notable(connection.getWarnings()));
    }

    /** The first warning that is not of class 00, as notices and debug messages are. */
    public static @Nullable SQLWarning notable(@Nullable SQLWarning warning) {
        SQLWarning next = warning;
        while (next != null && String.valueOf(next.getSQLState()).startsWith("00")) {
            next = next.getNextWarning();
        }
        return next;
    }

    private static void rollBack(Connection connection, Throwable cause) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    /** A broken connection cannot be restored, and the failure that broke it is the one to report. */
    private static void restore(Connection connection, boolean autoCommit) throws SQLException {
        if (autoCommit && !connection.isClosed()) {
            connection.setAutoCommit(true);
        }
    }

    /**
     * @param value what the work returned
     * @param joined whether it ran in the caller's transaction and is not committed yet
     * @param commitWarning what the server said about a commit of its own, for example that it was not replicated
     */
    public record Outcome<T extends @Nullable Object>(
            T value, boolean joined, @Nullable SQLWarning commitWarning) {}

    /** No connection could be had, so nothing was done. */
    public static final class NoConnectionException extends SQLException {

        private static final long serialVersionUID = 1L;

        NoConnectionException(SQLException cause) {
            super(cause.getMessage(), cause.getSQLState(), cause.getErrorCode(), cause);
        }
    }
}
