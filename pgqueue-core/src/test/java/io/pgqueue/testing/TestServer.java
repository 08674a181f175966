// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** A running server and how to reach it as a superuser. */
record TestServer(
        String url, @Nullable String user, @Nullable String password, boolean outlivesJvm) {

    static TestServer choose() {
        String url = System.getenv("PGQUEUE_TEST_URL");
        if (url != null && !url.isBlank()) {
            return new TestServer(
                    url, System.getenv("PGQUEUE_TEST_USER"), System.getenv("PGQUEUE_TEST_PASSWORD"), true);
        }
        if (hasTestcontainers() && ContainerServer.isPossible()) {
            return ContainerServer.start(System.getProperty("pgqueue.test.postgres", "18"));
        }
        return embedded();
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

    private static boolean hasTestcontainers() {
        try {
            Class.forName("org.testcontainers.postgresql.PostgreSQLContainer");
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
