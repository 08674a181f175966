// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.schema;

import io.pgqueue.SchemaName;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jdbc.JdbcUrl;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.jdbc.Transactions.NoConnectionException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Installs and upgrades the schema. Several nodes may start at the same time: an advisory lock lets one do the work, the
 * others find it done. Everything happens in one transaction, so a failed upgrade leaves nothing behind. Safe for use by
 * several threads.
 */
public final class SchemaMigrator {

    private static final Logger LOG = LoggerFactory.getLogger(SchemaMigrator.class);

    private static final String FUNCTION_OF_ANOTHER_SHAPE = "42P13";
    private static final String OTHERS_DEPEND = "2BP01";

    private final Transactions transactions;
    private final SchemaName schema;
    private final Release release;
    private final AtomicBoolean newerIsKnown = new AtomicBoolean();

    /**
     * @param source connections of a user who may create objects in the schema
     * @param schema name of the schema, made when it is missing
     */
    public SchemaMigrator(ConnectionSource source, SchemaName schema) {
        this(source, schema, Release.THIS);
    }

    SchemaMigrator(ConnectionSource source, SchemaName schema, Release release) {
        this.transactions = new Transactions(source);
        this.schema = schema;
        this.release = release;
    }

    /**
     * A schema that a newer release installed is left as it is: while nodes are upgraded one after the other, an older one
     * that starts must not put its functions over theirs, and works with the newer ones.
     *
     * @return names of the scripts that ran, empty when everything was up to date or newer
     * @throws SchemaException if the server or the installed schema cannot be worked with
     */
    public List<String> migrate() {
        try {
            List<String> applied = transactions.transaction(connection -> {
                ServerCheck.check(connection);
                lock(connection);
                prepareSchema(connection);
                return apply(connection);
            });
            if (!applied.isEmpty()) {
                LOG.info("Schema {} brought up to date by {}", schema, applied);
            }
            return applied;
        } catch (SQLException e) {
            throw failed("install or upgrade", e);
        }
    }

    /**
     * Checks that the installed schema is one that this release can work with, its own or a newer one, and writes nothing.
     *
     * @throws SchemaException if it is missing, older, or too new for this release, or the server cannot be worked with
     */
    public void validate() {
        try {
            transactions.transaction(connection -> {
                ServerCheck.check(connection);
                Map<String, Long> history = history(connection);
                if (isNewer(connection)) {
                    return true;
                }
                checkUnchanged(history);
                List<String> missing = release.scripts().stream()
                        .filter(m -> !isCurrent(m, history))
                        .map(Migration::file)
                        .toList();
                if (!missing.isEmpty()) {
                    throw new SchemaException(
                            "Schema " + schema + " lacks " + missing + "; let the migrator run, or, "
                                    + "when Flyway runs the scripts of classpath:io/pgqueue/schema, let it and switch this check off");
                }
                return true;
            });
        } catch (SQLException e) {
            throw failed("validate", e);
        }
    }

    private SchemaException failed(String what, SQLException e) {
        if (e instanceof NoConnectionException) {
            return new SchemaException(
                    "Could not " + what + " schema " + schema + ", because the database cannot be reached: "
                            + JdbcUrl.withoutCredentials(e.getMessage())
                            + "; start it, or correct its URL, user and password",
                    e);
        }
        return new SchemaException(
                "Could not " + what + " schema " + schema + ": " + e.getMessage() + " (SQLSTATE " + e.getSQLState()
                        + "); " + advice(String.valueOf(e.getSQLState())),
                e);
    }

    private static String advice(String sqlState) {
        return switch (sqlState) {
            case FUNCTION_OF_ANOTHER_SHAPE ->
                "a build between two releases installed a function of another shape; drop the schema and let it be "
                        + "installed anew, or use the build that installed it";
            case OTHERS_DEPEND ->
                "something of yours, a view for example, is made of a function that this release replaces; drop it, "
                        + "migrate, and make it again";
            default -> "give the database user the right to create in it, or run the migration as its owner";
        };
    }

    /** Ends with the transaction, so it works through a transaction-pooling proxy and cannot be left behind. */
    private void lock(Connection connection) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement(
                "select pg_advisory_xact_lock(hashtextextended('pgqueue migration ' || ?, 0))")) {
            lock.setString(1, schema.value());
            lock.execute();
        }
    }

    private void prepareSchema(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (!exists(connection)) {
                statement.execute("create schema " + schema);
            } else if (!hasHistory(connection)) {
                refuseForeign(connection);
            }
            statement.execute("set local search_path = " + schema + ", pg_temp");
            statement.execute(
                    "create table if not exists schema_history (script text primary key, checksum bigint not null, "
                            + "release integer not null, applied_at timestamptz not null default clock_timestamp())");
        }
    }

    private boolean exists(Connection connection) throws SQLException {
        try (PreparedStatement ask = connection.prepareStatement("select from pg_namespace where nspname = ?")) {
            ask.setString(1, schema.value());
            try (ResultSet answer = ask.executeQuery()) {
                return answer.next();
            }
        }
    }

    /** The privileges script takes EXECUTE on every function of the schema from everybody: it must be ours alone. */
    private void refuseForeign(Connection connection) throws SQLException {
        try (PreparedStatement ask = connection.prepareStatement(
                "select relname from pg_class where relnamespace = ?::regnamespace union all "
                        + "select proname from pg_proc where pronamespace = ?::regnamespace limit 1")) {
            ask.setString(1, schema.value());
            ask.setString(2, schema.value());
            try (ResultSet answer = ask.executeQuery()) {
                if (answer.next()) {
                    throw new SchemaException("Schema " + schema + " holds something else, for example "
                            + answer.getString(1) + "; choose a name that is not in use, or an empty schema");
                }
            }
        }
    }

    private List<String> apply(Connection connection) throws SQLException {
        Map<String, Long> history = history(connection);
        if (isNewer(connection)) {
            return List.of();
        }
        checkUnchanged(history);
        List<Migration> due =
                release.scripts().stream().filter(m -> !isCurrent(m, history)).toList();
        for (Migration migration : due) {
            run(connection, migration);
        }
        // Functions made by any script are open to everybody until the privileges script has run again.
        if (!due.isEmpty() && due.stream().noneMatch(m -> m.file().contains("privileges"))) {
            run(connection, release.scripts().get(release.scripts().size() - 1));
        }
        return due.stream().map(Migration::file).toList();
    }

    private void run(Connection connection, Migration migration) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute("set local search_path = " + schema + ", pg_temp");
            statement.execute(migration.text());
        } catch (SQLException e) {
            throw new SQLException(migration.file() + ": " + e.getMessage(), e.getSQLState(), e);
        }
        try (PreparedStatement record = connection.prepareStatement(
                "insert into schema_history (script, checksum, release) values (?, ?, ?) on conflict (script) do update "
                        + "set checksum = excluded.checksum, release = excluded.release, applied_at = clock_timestamp()")) {
            record.setString(1, migration.file());
            record.setLong(2, migration.checksum());
            record.setInt(3, release.number());
            record.executeUpdate();
        }
    }

    private boolean hasHistory(Connection connection) throws SQLException {
        try (PreparedStatement known = connection.prepareStatement("select to_regclass(?)")) {
            known.setString(1, schema + ".schema_history");
            try (ResultSet answer = known.executeQuery()) {
                answer.next();
                return answer.getString(1) != null;
            }
        }
    }

    private Map<String, Long> history(Connection connection) throws SQLException {
        Map<String, Long> history = new HashMap<>();
        if (!hasHistory(connection)) {
            return history;
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select script, checksum from " + schema + ".schema_history")) {
            while (rows.next()) {
                history.put(rows.getString(1), rows.getLong(2));
            }
        }
        return history;
    }

    /** Whether scripts of a newer release are installed. The newest one says which releases still understand it. */
    private boolean isNewer(Connection connection) throws SQLException {
        if (!hasHistory(connection)) {
            return false;
        }
        int installed = number(connection, "select coalesce(max(release), 0) from " + schema + ".schema_history");
        if (installed <= release.number()) {
            return false;
        }
        int oldest = number(connection, "select " + schema + ".oldest_client()");
        if (release.number() < oldest) {
            throw new SchemaException("Schema " + schema + " was upgraded by schema release " + installed
                    + " of pgqueue, which works with clients from schema release " + oldest + " on; this one has "
                    + release.number() + ": upgrade the pgqueue library of this application");
        }
        if (newerIsKnown.compareAndSet(false, true)) {
            LOG.info(
                    "Schema {} has schema release {}, newer than {} of this application, which works with it",
                    schema,
                    installed,
                    release.number());
        }
        return true;
    }

    private static int number(Connection connection, String question) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(question)) {
            answer.next();
            return answer.getInt(1);
        }
    }

    /** A versioned script runs once, so a database that ran another text of it lacks what the other scripts count on. */
    private void checkUnchanged(Map<String, Long> history) {
        for (Migration migration : release.scripts()) {
            Long applied = history.get(migration.file());
            if (!migration.repeatable() && applied != null && applied != migration.checksum()) {
                throw new SchemaException("Schema " + schema + " was installed by another text of " + migration.file()
                        + ", which a build between two releases may have; drop the schema and let it be installed anew, or "
                        + "use the build that installed it");
            }
        }
    }

    private static boolean isCurrent(Migration migration, Map<String, Long> history) {
        Long applied = history.get(migration.file());
        return applied != null && (!migration.repeatable() || applied == migration.checksum());
    }
}
