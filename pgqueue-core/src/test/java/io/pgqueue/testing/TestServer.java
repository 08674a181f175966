// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running server and how to reach it as a superuser. */
record TestServer(
        String url, @Nullable String user, @Nullable String password, boolean outlivesJvm) {

    private static final Logger LOG = LoggerFactory.getLogger(TestServer.class);

    /** Enough for an image that is there and for a pull over a good line; without a registry it is lost in every JVM. */
    private static final Duration CONTAINER_START = Duration.ofSeconds(30);

    static TestServer choose() {
        String url = System.getenv("PGQUEUE_TEST_URL");
        if (url != null && !url.isBlank()) {
            return new TestServer(
                    url, System.getenv("PGQUEUE_TEST_USER"), System.getenv("PGQUEUE_TEST_PASSWORD"), true);
        }
        if (!hasClass("org.testcontainers.postgresql.PostgreSQLContainer")) {
            return embedded();
        }
        // Without binaries to fall back on, Testcontainers may take as long as it likes, and its failure is the answer.
        return hasClass("io.zonky.test.db.postgres.embedded.EmbeddedPostgres")
                ? container().orElseGet(TestServer::embedded)
                : ContainerServer.start(majorVersion());
    }

    PGSimpleDataSource dataSource() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(url);
        if (user != null) {
            dataSource.setUser(user);
        }
        if (password != null) {
            dataSource.setPassword(password);
        }
        return dataSource;
    }

    private static TestServer embedded() {
        Path workDirectory = Path.of(System.getProperty("pgqueue.test.directory", "target/postgres"));
        // Prepared transactions are off by default, and publishing must work inside one.
        EmbeddedPostgresServer server = EmbeddedPostgresServer.start(
                EmbeddedPostgresOptions.temporary(workDirectory).withSetting("max_prepared_transactions", "20"));
        return new TestServer(server.jdbcUrl(), null, null, false);
    }

    /** Empty when no Docker engine answers, or when the one that does cannot start the server in good time. */
    private static Optional<TestServer> container() {
        return BoundedStart.attempt(
                        () -> ContainerServer.isPossible()
                                ? Optional.of(ContainerServer.start(majorVersion()))
                                : Optional.<TestServer>empty(),
                        CONTAINER_START,
                        why -> LOG.warn(
                                "The Docker engine did not start postgres:{} ({}): the tests run on embedded binaries."
                                        + " For a container run \"docker pull postgres:{}\" first; for a server of"
                                        + " yours set PGQUEUE_TEST_URL.",
                                majorVersion(),
                                why,
                                majorVersion()))
                .flatMap(server -> server);
    }

    private static String majorVersion() {
        return System.getProperty("pgqueue.test.postgres", "18");
    }

    private static boolean hasClass(String name) {
        try {
            Class.forName(name, false, TestServer.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
