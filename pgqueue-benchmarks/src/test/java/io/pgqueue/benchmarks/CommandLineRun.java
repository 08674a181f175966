// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs a scenario on a server of its own, as a user would, and reads what it wrote. */
final class CommandLineRun {

    private CommandLineRun() {}

    static JsonNode scenario(Path directory, String... arguments) {
        Path out = directory.resolve("result.json");
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(
                "--out", out.toString(), "--work", System.getProperty("pgqueue.test.directory", "target/postgres")));
        run(all.toArray(String[]::new));
        JsonNode result = new JsonMapper().readTree(out);
        checkSetting(result);
        return result;
    }

    static void run(String... arguments) {
        StringWriter errors = new StringWriter();
        int code = Benchmarks.commandLine()
                .setOut(new PrintWriter(new StringWriter()))
                .setErr(new PrintWriter(errors))
                .execute(arguments);
        assertThat(code).as(errors.toString()).isZero();
    }

    static void assertPositive(JsonNode node, String... fields) {
        for (String field : fields) {
            assertThat(node.get(field).doubleValue()).as(field).isPositive();
        }
    }

    private static void checkSetting(JsonNode result) {
        assertThat(result.get("command").size()).isGreaterThan(4);
        assertThat(result.get("startedAt").stringValue()).isNotEmpty();
        assertPositive(result.get("machine"), "cores", "memoryBytes");
        assertThat(result.get("machine").get("kernel").stringValue()).isNotEmpty();
        assertThat(result.get("machine").get("jdk").stringValue()).isNotEmpty();
        JsonNode server = result.get("server");
        assertThat(server.get("version").stringValue())
                .startsWith(System.getProperty("pgqueue.test.postgres", "18") + ".");
        assertThat(server.get("own").booleanValue()).isTrue();
        assertThat(server.get("fsync").booleanValue()).isTrue();
        assertThat(server.get("settings").get("shared_buffers").stringValue()).isEqualTo("256MB");
        assertThat(result.get("notes").size()).isPositive();
    }
}
