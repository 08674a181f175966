// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.server;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which server is measured. Filled by the command line; not safe for use by several threads. */
public final class ServerOptions {

    /** Sensible for a machine of some gigabytes; everything else is PostgreSQL's default. */
    private static final Map<String, String> DEFAULTS = Map.of(
            "shared_buffers", "256MB",
            "max_wal_size", "4GB",
            "max_prepared_transactions", "10");

    @Option(
            names = "--url",
            description = "JDBC URL of a server to measure, instead of one of our own; two schemas named "
                    + "pgqueue_benchmark… are made and dropped there")
    private @Nullable String url;

    @Option(names = "--user", description = "user for --url, if it is not part of it")
    private @Nullable String user;

    @Option(names = "--password", description = "password for --url, if it is not part of it", arity = "0..1")
    private @Nullable String password;

    @Option(
            names = "--work",
            description = "directory for server programs and data, deleted at the end (default: ${DEFAULT-VALUE})",
            defaultValue = "target/pgqueue-benchmarks")
    private Path work = Path.of("target/pgqueue-benchmarks");

    @Option(names = "--set", description = "server setting of our own server, name=value; repeatable")
    private Map<String, String> settings = new LinkedHashMap<>();

    @Nullable
    String url() {
        return url;
    }

    @Nullable
    String user() {
        return user;
    }

    @Nullable
    String password() {
        return password;
    }

    Path work() {
        return work;
    }

    Map<String, String> settings() {
        Map<String, String> all = new LinkedHashMap<>(DEFAULTS);
        all.putAll(settings);
        return all;
    }
}
