// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Another source's connections without its transactions: for what must not wait for, or roll back with, the caller. */
final class IndependentConnectionSource implements ConnectionSource {

    private final ConnectionSource source;

    IndependentConnectionSource(ConnectionSource source) {
        this.source = source;
    }

    @Override
    public Connection open() throws SQLException {
        return source.open();
    }

    @Override
    public @Nullable Connection current() {
        return null;
    }

    @Override
    public void release(Connection current) {
        throw new IllegalStateException("There is no caller's transaction to release a connection of");
    }

    @Override
    public void afterCommit(Runnable action) {
        throw new IllegalStateException("There is no caller's transaction to wait for");
    }
}
