// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.SchemaName;
import io.pgqueue.jdbc.CallListeners;
import io.pgqueue.jdbc.DatabaseCall;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A function as Java calls it: every call of ours goes through one, so that listeners are told. */
final class SqlFunction {

    private static final Pattern NAME = Pattern.compile("%s\\.(\\w+)\\(");

    /** Called by a timer; each does a bite of work and may take longer than what somebody waits for. */
    private static final Set<String> BACKGROUND = Set.of("maintain", "sample");

    private final String sql;
    private final DatabaseCall plain;
    private final CallListeners listeners;

    private SqlFunction(String sql, String name, CallListeners listeners) {
        this.sql = sql;
        this.plain = new DatabaseCall(name, 0, BACKGROUND.contains(name));
        this.listeners = listeners;
    }

    static SqlFunction of(String text, SchemaName schema, CallListeners listeners) {
        Matcher name = NAME.matcher(text);
        if (!name.find()) {
            throw new IllegalArgumentException("No function of the schema is called by: " + text);
        }
        return new SqlFunction(text.formatted(schema), name.group(1), listeners);
    }

    /** Both, sent together: one transaction when the connection commits by itself. The first result is this one's. */
    SqlFunction and(SqlFunction next) {
        return new SqlFunction(sql + "; " + next.sql, plain.function() + " and " + next.plain.function(), listeners);
    }

    PreparedStatement prepare(Connection connection) throws SQLException {
        return connection.prepareStatement(sql);
    }

    /** @param call what {@link #prepare} made, with all arguments */
    ResultSet call(PreparedStatement call) throws SQLException {
        return listeners.query(plain, call);
    }

    /** @param entries how many messages, deliveries or the like the call is for */
    ResultSet call(PreparedStatement call, int entries) throws SQLException {
        return listeners.query(new DatabaseCall(plain.function(), entries, plain.background()), call);
    }

    @Override
    public String toString() {
        return plain.function() + "()";
    }
}
