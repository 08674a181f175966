// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The server the tests of one JVM share: the one at {@code PGQUEUE_TEST_URL} (with {@code PGQUEUE_TEST_USER} and
 * {@code PGQUEUE_TEST_PASSWORD}), else a container when a Docker engine answers and starts it within 30 seconds, else an
 * embedded server. The system property {@code pgqueue.test.postgres} names the major version of the container. Thread-safe.
 */
public final class TestDatabase {

    private final TestServer server;
    private final Map<String, String> templates = new ConcurrentHashMap<>();

    private TestDatabase(TestServer server) {
        this.server = server;
    }

    /** Starts the server at the first call. */
    public static TestDatabase shared() {
        return Shared.INSTANCE;
    }

    /** Creates an empty database and returns its name. */
    public String createDatabase() {
        return createDatabase("template1");
    }

    /** Creates a copy of another database, which nobody may be connected to, and returns its name. */
    public String createDatabase(String template) {
        String name = "pgqueue_" + UUID.randomUUID().toString().replace("-", "");
        execute("create database " + name + " template " + template);
        return name;
    }

    /**
     * Returns the name of a database that was filled once in this JVM.
     *
     * @param key tells one filling from another
     * @param filling is asked for when the template does not exist yet; must close the connections it takes
     */
    public String template(String key, Supplier<? extends Consumer<DataSource>> filling) {
        return templates.computeIfAbsent(key, missing -> {
            String name = createDatabase();
            filling.get().accept(dataSource(name));
            return name;
        });
    }

    /** Drops the database and ends the sessions in it. */
    public void dropDatabase(String name) {
        execute("drop database if exists " + name + " with (force)");
    }

    /** A superuser's connections to the database; each call of {@code getConnection} opens a new one. */
    public PGSimpleDataSource dataSource(String database) {
        PGSimpleDataSource dataSource = server.dataSource();
        dataSource.setDatabaseName(database);
        return dataSource;
    }

    void setTimeZone(String database, String zone) {
        execute("alter database " + database + " set timezone = '" + zone + "'");
    }

    private void execute(String sql) {
        try (Connection connection = server.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private void dropTemplates() {
        templates.values().forEach(this::dropDatabase);
    }

    private static final class Shared {

        static final TestDatabase INSTANCE = start();

        private static TestDatabase start() {
            TestServer server = TestServer.choose();
            TestDatabase database = new TestDatabase(server);
            if (server.outlivesJvm()) {
                Runtime.getRuntime().addShutdownHook(new Thread(database::dropTemplates, "drop-test-templates"));
            }
            return database;
        }
    }
}
