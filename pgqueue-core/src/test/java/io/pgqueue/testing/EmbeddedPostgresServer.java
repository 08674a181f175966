// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL server started from binaries on the class path, as any user including root, without Docker. It listens
 * on localhost only and trusts every local user, so it is for development and tests. It stops with the JVM; a server
 * left by a killed JVM is ended by the next start in the same directory. Thread-safe.
 */
public final class EmbeddedPostgresServer implements AutoCloseable {

    private static final String USER = "postgres";
    private static final String SETTINGS = "embedded.conf";

    private final ServerPrograms programs;
    private final DataDirectory data;
    private final int port;
    private boolean running;

    private EmbeddedPostgresServer(ServerPrograms programs, DataDirectory data, int port) {
        this.programs = programs;
        this.data = data;
        this.port = port;
    }

    /**
     * Starts a server and returns when it accepts connections.
     *
     * @throws IllegalStateException when the data directory is in use, or the server did not start; the message holds
     *     the end of its log
     */
    public static EmbeddedPostgresServer start(EmbeddedPostgresOptions options) {
        return start(options, ServerUser.detect());
    }

    static EmbeddedPostgresServer start(EmbeddedPostgresOptions options, ServerUser user) {
        try {
            Path home = PostgresBinaries.unpackInto(options.workDirectory().toAbsolutePath());
            DataDirectory data = DataDirectory.open(options);
            int port = options.port() != 0 ? options.port() : freePort();
            EmbeddedPostgresServer server =
                    new EmbeddedPostgresServer(new ServerPrograms(home, user, data), data, port);
            server.startProcess(options);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    /** The superuser's name; any password is accepted. */
    public String user() {
        return USER;
    }

    /** The URL of the database {@code postgres}. */
    public String jdbcUrl() {
        return jdbcUrl(USER);
    }

    public String jdbcUrl(String database) {
        return "jdbc:postgresql://localhost:" + port + "/" + database + "?user=" + USER;
    }

    /** Opens a new physical connection each time it is asked. */
    public PGSimpleDataSource dataSource(String database) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(jdbcUrl(database));
        return dataSource;
    }

    /** Ends all sessions and stops the server; a second call does nothing. */
    public synchronized void stop() {
        if (!running) {
            return;
        }
        running = false;
        try (data) {
            programs.stop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        stop();
    }

    private synchronized void startProcess(EmbeddedPostgresOptions options) throws IOException {
        try {
            if (!data.isInitialized()) {
                programs.initialize();
                Files.writeString(
                        data.path().resolve("postgresql.conf"),
                        "\ninclude_if_exists '" + SETTINGS + "'\n",
                        StandardOpenOption.APPEND);
            }
            Files.writeString(data.path().resolve(SETTINGS), settings(options));
            programs.start();
            running = true;
            if (options.stopsWithJvm()) {
                Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "embedded-postgres-stop"));
            }
        } finally {
            if (!running) {
                data.close();
            }
        }
    }

    private String settings(EmbeddedPostgresOptions options) {
        Map<String, String> settings = new TreeMap<>();
        settings.put("port", Integer.toString(port));
        settings.put("listen_addresses", "localhost");
        // No socket file in the shared temporary directory: Java speaks TCP.
        settings.put("unix_socket_directories", "");
        settings.put("max_connections", "200");
        String durability = options.durable() ? "on" : "off";
        settings.put("fsync", durability);
        settings.put("full_page_writes", durability);
        settings.put("synchronous_commit", durability);
        settings.putAll(options.settings());
        return settings.entrySet().stream()
                .map(setting -> setting.getKey() + " = '" + setting.getValue().replace("'", "''") + "'\n")
                .collect(Collectors.joining());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
