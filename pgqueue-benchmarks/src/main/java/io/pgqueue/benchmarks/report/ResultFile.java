// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.report;

import io.pgqueue.benchmarks.server.Machine;
import io.pgqueue.benchmarks.server.ServerFacts;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a scenario writes.
 *
 * @param scenario name of the command
 * @param command the whole command line
 * @param startedAt when
 * @param machine where
 * @param server on what
 * @param notes how to read the figures
 * @param results the scenario's own figures
 */
public record ResultFile<T>(
        String scenario,
        List<String> command,
        Instant startedAt,
        Machine machine,
        ServerFacts server,
        List<String> notes,
        List<T> results) {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    public void write(Path file) {
        JSON.writeValue(file, this);
    }

    static JsonNode read(Path file) {
        return JSON.readTree(file);
    }
}
