// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.server;

import io.pgqueue.testing.EmbeddedPostgresOptions;
import io.pgqueue.testing.EmbeddedPostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The server under measurement: one of our own with fsync on, started here and stopped by {@link #close}, or a foreign one
 * at a URL. Safe for use by several threads.
 */
public final class BenchmarkServer implements AutoCloseable {

    private final PGSimpleDataSource dataSource;
    private final @Nullable EmbeddedPostgresServer own;
    private final DatabaseCpu cpu;

    private BenchmarkServer(PGSimpleDataSource dataSource, @Nullable EmbeddedPostgresServer own, DatabaseCpu cpu) {
        this.dataSource = dataSource;
        this.own = own;
        this.cpu = cpu;
    }

    public static BenchmarkServer open(ServerOptions options) throws SQLException {
        String url = options.url();
        if (url != null) {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setUrl(url);
            if (options.user() != null) {
                dataSource.setUser(options.user());
            }
            if (options.password() != null) {
                dataSource.setPassword(options.password());
            }
            return new BenchmarkServer(dataSource, null, DatabaseCpu.UNKNOWN);
        }
        EmbeddedPostgresOptions embedded =
                EmbeddedPostgresOptions.temporary(options.work()).withDurability();
        for (Map.Entry<String, String> setting : options.settings().entrySet()) {
            embedded = embedded.withSetting(setting.getKey(), setting.getValue());
        }
        EmbeddedPostgresServer own = EmbeddedPostgresServer.start(embedded);
        PGSimpleDataSource dataSource = own.dataSource("postgres");
        try (Connection connection = dataSource.getConnection()) {
            return new BenchmarkServer(dataSource, own, DatabaseCpu.ofServerOf(connection));
        } catch (SQLException | RuntimeException e) {
            own.stop();
            throw e;
        }
    }

    /** A new physical connection each time it is asked; pools are made on top. */
    public PGSimpleDataSource dataSource() {
        return dataSource;
    }

    public DatabaseCpu cpu() {
        return cpu;
    }

    public ServerFacts facts() throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            Map<String, String> settings = new LinkedHashMap<>();
            // What was configured, and what decides about durability even when it is the default.
            try (ResultSet row = statement.executeQuery(
                    "select name, current_setting(name) from pg_settings where source in ('configuration file', 'command line')"
                            + " and name <> 'port' or name in ('fsync', 'full_page_writes', 'synchronous_commit',"
                            + " 'wal_sync_method', 'commit_delay', 'wal_level', 'jit') order by name")) {
                while (row.next()) {
                    settings.put(row.getString(1), row.getString(2));
                }
            }
            return new ServerFacts(
                    text(statement, "show server_version"), own != null, "on".equals(settings.get("fsync")), settings);
        }
    }

    @Override
    public void close() {
        if (own != null) {
            own.stop();
        }
    }

    private static String text(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }
}
