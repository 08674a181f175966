// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How an {@link EmbeddedPostgresServer} is started. Immutable.
 *
 * @param workDirectory holds the unpacked server programs and temporary data; created when missing
 * @param dataDirectory where the data is kept from one start to the next, or null for data that is deleted at the stop
 * @param port TCP port on localhost, 0 for any free one
 * @param durable whether commits survive a crash of the machine; without it (fsync off) nothing may be measured
 * @param stopsWithJvm whether the JVM's exit stops the server; shutdown hooks have no order, so an application that
 *     closes a connection pool at its exit says no and stops the server after it
 * @param settings server settings by name, stronger than everything above
 */
public record EmbeddedPostgresOptions(
        Path workDirectory,
        @Nullable Path dataDirectory,
        int port,
        boolean durable,
        boolean stopsWithJvm,
        Map<String, String> settings) {

    public EmbeddedPostgresOptions {
        settings = Map.copyOf(settings);
    }

    /** A server for one run of tests: data deleted at the stop, fsync off. */
    public static EmbeddedPostgresOptions temporary(Path workDirectory) {
        return new EmbeddedPostgresOptions(workDirectory, null, 0, false, true, Map.of());
    }

    /** A durable server whose data stays in {@code dataDirectory}, which no other server may use. */
    public static EmbeddedPostgresOptions kept(Path workDirectory, Path dataDirectory) {
        return new EmbeddedPostgresOptions(workDirectory, dataDirectory, 0, true, true, Map.of());
    }

    /** The same with fsync, full page writes and synchronous commit on. */
    public EmbeddedPostgresOptions withDurability() {
        return new EmbeddedPostgresOptions(workDirectory, dataDirectory, port, true, stopsWithJvm, settings);
    }

    public EmbeddedPostgresOptions withPort(int newPort) {
        return new EmbeddedPostgresOptions(workDirectory, dataDirectory, newPort, durable, stopsWithJvm, settings);
    }

    /** The same, but only {@link EmbeddedPostgresServer#stop()} stops the server. */
    public EmbeddedPostgresOptions withoutShutdownHook() {
        return new EmbeddedPostgresOptions(workDirectory, dataDirectory, port, durable, false, settings);
    }

    /** The same with one more server setting, as in {@code postgresql.conf} but without quotes. */
    public EmbeddedPostgresOptions withSetting(String name, String value) {
        Map<String, String> extended = new LinkedHashMap<>(settings);
        extended.put(name, value);
        return new EmbeddedPostgresOptions(workDirectory, dataDirectory, port, durable, stopsWithJvm, extended);
    }
}
