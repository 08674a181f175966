// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.schema;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Refuses servers that pgqueue cannot keep its promises on, before anything is written. */
final class ServerCheck {

    private static final String ASK =
            "select version(), current_setting('server_version_num')::int, pg_is_in_recovery(), "
                    + "current_setting('transaction_read_only'), current_setting('server_encoding')";

    private ServerCheck() {}

    static void check(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet version = statement.executeQuery("select version()")) {
            version.next();
            checkProduct(version.getString(1));
        }
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(ASK)) {
            answer.next();
            checkVersion(answer.getInt(2), answer.getString(1));
            checkState(answer.getBoolean(3), "on".equals(answer.getString(4)), answer.getString(5));
        }
    }

    /** Asked alone and first: other products fail on some of the other questions. */
    static void checkProduct(String version) {
        if (version.contains("CockroachDB")) {
            throw new SchemaException(
                    "This is CockroachDB, which speaks PostgreSQL's protocol but ignores advisory locks, so "
                            + "two nodes would do maintenance at once; use PostgreSQL 15 or later. It says: "
                            + version);
        }
        if (version.contains("-YB-") || version.contains("YugabyteDB")) {
            throw new SchemaException(
                    "This is YugabyteDB, which has no ctid and no TRUNCATE of a leaf inside a transaction; "
                            + "use PostgreSQL 15 or later. It says: " + version);
        }
    }

    static void checkVersion(int versionNumber, String version) {
        if (versionNumber < 150000) {
            throw new SchemaException(
                    "PostgreSQL 15 or later is needed, this server is older; upgrade it, or use another "
                            + "one. It says: " + version);
        }
    }

    static void checkState(boolean inRecovery, boolean readOnly, String encoding) {
        if (inRecovery) {
            throw new SchemaException(
                    "The server is in recovery, so it is a replica; connect to the primary, for example "
                            + "with targetServerType=primary in a JDBC URL that names all hosts");
        }
        if (readOnly) {
            throw new SchemaException(
                    "The connection is read-only; take default_transaction_read_only off for this user and "
                            + "readOnly off in the connection pool");
        }
        if (!"UTF8".equals(encoding)) {
            throw new SchemaException("The database's encoding is " + encoding
                    + ", it must be UTF8; create the database with " + "ENCODING 'UTF8'");
        }
    }
}
