// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The dashboard shows every meter, and none that does not exist. */
class DashboardTest {

    private static final Path DASHBOARD = Path.of("..", "docs", "grafana", "pgqueue.json");
    private static final Pattern METRIC = Pattern.compile("pgqueue_[a-z_]+");

    @Test
    void namesTheMetersOfPrometheus() throws IOException {
        JsonNode dashboard = JsonMapper.shared().readTree(Files.readString(DASHBOARD));
        Set<String> named = dashboard.findValuesAsString("expr").stream()
                .flatMap(expr -> METRIC.matcher(expr).results())
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(named).isEqualTo(meters());
    }

    @Test
    void everyOperationsRowIsAMeter() throws IOException {
        String operations = Files.readString(Path.of("..", "docs", "operations.md"));
        assertThat(Stream.of(
                        MeterNames.PUBLISHED,
                        MeterNames.RECEIVED,
                        MeterNames.ACKED,
                        MeterNames.RETRIED,
                        MeterNames.DEAD,
                        MeterNames.STALE,
                        MeterNames.HANDLER,
                        MeterNames.LAG,
                        MeterNames.OLDEST_AGE,
                        MeterNames.SAMPLE_AGE,
                        MeterNames.EXPIRES_IN))
                .allSatisfy(name -> assertThat(operations).contains("`" + name + "`"));
    }

    /** By the rules of Micrometer's Prometheus naming: counters end in total, times are in seconds. */
    private static Set<String> meters() {
        Stream<String> counters = Stream.of(
                        MeterNames.PUBLISHED,
                        MeterNames.RECEIVED,
                        MeterNames.ACKED,
                        MeterNames.RETRIED,
                        MeterNames.DEAD,
                        MeterNames.STALE)
                .map(name -> name + "_total");
        Stream<String> timers = Stream.of(MeterNames.HANDLER, MeterNames.LAG)
                .flatMap(name -> Stream.of(name + "_seconds_sum", name + "_seconds_count"));
        Stream<String> gauges = Stream.concat(
                Stream.of("ready", "leased", "delayed", "retrying", "dead").map(MeterNames.MESSAGES::concat),
                Stream.of(
                        MeterNames.OLDEST_AGE + "_seconds",
                        MeterNames.SAMPLE_AGE + "_seconds",
                        MeterNames.EXPIRES_IN + "_seconds"));
        return Stream.of(counters, timers, gauges)
                .flatMap(names -> names)
                .map(name -> name.replace('.', '_'))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
