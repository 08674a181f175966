// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.ClassUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** SPR-11: what IDEs are told about the properties. The part that is written by hand must fit the part that is generated. */
class ConfigurationMetadataTest {

    private static final JsonMapper JSON = new JsonMapper();

    @Test
    void hintsNameWhatExists() throws IOException {
        assertThat(problems(generated())).isEmpty();
    }

    @Test
    void everyPropertyIsDescribed() throws IOException {
        assertThat(stream(generated().path("properties"))
                        .filter(property -> property.path("name").asString().startsWith("pgqueue."))
                        .filter(property ->
                                property.path("description").asString("").isBlank())
                        .map(property -> property.path("name").asString()))
                .isEmpty();
    }

    /** Each would leave users without a completion, or with a wrong one, and nothing else would fail. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'properties': [], 'hints': [{'name': 'pgqueue.none', 'values': []}]}",
                "{'properties': [{'name': 'p', 'type': 'io.pgqueue.None'}], 'hints': []}",
                "{'properties': [{'name': 'p', 'type': 'java.util.List<io.pgqueue.None>'}], 'hints': []}",
                "{'properties': [{'name': 'p', 'type': 'java.lang.String'}], 'hints': [{'name': 'p', 'providers': "
                        + "[{'name': 'class-reference', 'parameters': {'target': 'io.pgqueue.None'}}]}]}",
                "{'properties': [{'name': 'p', 'type': 'java.lang.Thread$State'}], 'hints': [{'name': 'p', 'values': "
                        + "[{'value': 'new'}, {'value': 'runnable'}]}]}",
                "{'properties': [{'name': 'p', 'type': 'java.lang.annotation.RetentionPolicy'}], 'hints': [{'name': 'p', "
                        + "'values': [{'value': 'source'}, {'value': 'class'}, {'value': 'runtime'}, {'value': 'none'}]}]}",
            })
    void aWrongNameIsFound(String metadata) {
        assertThat(problems(JSON.readTree(metadata.replace('\'', '"')))).hasSize(1);
    }

    private static JsonNode generated() throws IOException {
        String ours = PgQueueProperties.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toString();
        try (InputStream in = URI.create(ours + "META-INF/spring-configuration-metadata.json")
                .toURL()
                .openStream()) {
            return JSON.readTree(in);
        }
    }

    private static List<String> problems(JsonNode metadata) {
        List<String> problems = new ArrayList<>();
        Map<String, String> types = stream(metadata.path("properties"))
                .collect(Collectors.toMap(
                        property -> property.path("name").asString(),
                        property -> property.path("type").asString()));
        types.forEach((name, type) -> Arrays.stream(type.split("[<>,?]|extends"))
                .map(String::strip)
                .filter(part -> !part.isEmpty() && !exists(part))
                .forEach(part -> problems.add(name + " is of type " + part + ", which does not exist")));
        for (JsonNode hint : metadata.path("hints")) {
            String name = hint.path("name").asString();
            String type = types.get(name);
            if (type == null) {
                problems.add("There is a hint, and no property, " + name);
                continue;
            }
            stream(hint.path("providers"))
                    .map(provider -> provider.path("parameters").path("target").asString(""))
                    .filter(target -> !target.isEmpty() && !exists(target))
                    .forEach(target -> problems.add(name + " takes classes of " + target + ", which does not exist"));
            Set<String> values = stream(hint.path("values"))
                    .map(value -> value.path("value").asString())
                    .collect(Collectors.toCollection(TreeSet::new));
            if (!values.isEmpty() && !values.equals(constants(type))) {
                problems.add(name + " has hints for " + values + ", and " + type + " has " + constants(type));
            }
        }
        return problems;
    }

    /** As Boot writes them. */
    private static Set<String> constants(String type) {
        Object[] constants = ClassUtils.resolveClassName(type, null).getEnumConstants();
        return Arrays.stream(constants)
                .map(constant ->
                        ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean exists(String type) {
        return ClassUtils.isPresent(type, null);
    }

    private static Stream<JsonNode> stream(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
