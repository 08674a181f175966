// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** A server in a container; loaded only when Testcontainers is on the class path. */
final class ContainerServer {

    private ContainerServer() {}

    static boolean isPossible() {
        return DockerClientFactory.instance().isDockerAvailable();
    }

    /** The container is removed by Testcontainers after the JVM has ended. */
    @SuppressWarnings("resource")
    static TestServer start(String majorVersion) {
        PostgreSQLContainer container = new PostgreSQLContainer("postgres:" + majorVersion)
                .withCommand(
                        "postgres",
                        "-c",
                        "fsync=off",
                        "-c",
                        "max_connections=200",
                        "-c",
                        "max_prepared_transactions=20");
        container.start();
        return new TestServer(container.getJdbcUrl(), container.getUsername(), container.getPassword(), false);
    }
}
