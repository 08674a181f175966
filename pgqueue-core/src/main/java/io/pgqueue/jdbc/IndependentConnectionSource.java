// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/** Another source's connections without its transactions: for what must not wait for, or roll back with, the caller. */
final class IndependentConnectionSource extends StandaloneConnectionSource {

    private final ConnectionSource source;

    IndependentConnectionSource(ConnectionSource source) {
        this.source = source;
    }

    @Override
    public Connection open() throws SQLException {
        return source.open();
    }
}
