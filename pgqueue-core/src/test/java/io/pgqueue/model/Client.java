// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import io.pgqueue.sql.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** One client with a connection of its own, and what its open transaction will have done once it commits. */
final class Client implements AutoCloseable {

    private final DataSource dataSource;
    private final List<Runnable> effects = new ArrayList<>();
    private final List<Copy> locked = new ArrayList<>();
    private Sql sql;
    private boolean inTransaction;

    Client(DataSource dataSource) throws SQLException {
        this.dataSource = dataSource;
        this.sql = connect();
    }

    private Sql connect() throws SQLException {
        Sql connected = new Sql(dataSource);
        // Whoever waits for a lock here waits for itself: the walk has one thread. A call that does not end is a fault
        // that the
        // walk names, with its seed.
        connected.run("set lock_timeout = '10s'; set statement_timeout = '60s'");
        return connected;
    }

    Sql sql() {
        return sql;
    }

    boolean inTransaction() {
        return inTransaction;
    }

    void begin() throws SQLException {
        sql.connection().setAutoCommit(false);
        inTransaction = true;
    }

    /** Happens now, or with the commit of the open transaction. */
    void then(Runnable effect) {
        if (inTransaction) {
            effects.add(effect);
        } else {
            effect.run();
        }
    }

    /** As {@link #then}, and nobody else may touch the copy until then. */
    void then(Copy copy, Runnable effect) {
        if (inTransaction) {
            copy.lockedBy = this;
            locked.add(copy);
        }
        then(effect);
    }

    void commit() throws SQLException {
        sql.connection().commit();
        List<Runnable> done = List.copyOf(effects);
        end();
        done.forEach(Runnable::run);
        sql.connection().setAutoCommit(true);
    }

    void rollback() throws SQLException {
        sql.connection().rollback();
        end();
        sql.connection().setAutoCommit(true);
    }

    /** The server ends the session between two statements; the client comes back with another one. */
    void crash(Sql other) throws SQLException {
        int backend = sql.backend();
        other.run("select pg_terminate_backend(?, 10000)", backend);
        end();
        sql.close();
        sql = connect();
    }

    private void end() {
        inTransaction = false;
        effects.clear();
        locked.forEach(copy -> copy.lockedBy = null);
        locked.clear();
    }

    @Override
    public void close() throws SQLException {
        sql.close();
    }
}
