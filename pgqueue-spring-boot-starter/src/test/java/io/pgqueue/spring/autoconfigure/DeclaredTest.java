// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.DeadLetterPolicy;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DeclaredTest {

    /** A setting that is forgotten here would be one in which beans may differ. */
    @Test
    void everySettingIsCompared() {
        assertThat(Declared.by("b", QueueSpec.of("q")).says())
                .containsOnlyKeys(Stream.concat(
                                Stream.concat(Stream.of("kind"), names(QueueSpec.class, "name", "settings")),
                                settings())
                        .toList());
        assertThat(Declared.by("b", TopicSpec.of("t")).says())
                .containsOnlyKeys(Stream.concat(Stream.of("kind"), names(TopicSpec.class, "name"))
                        .toList());
        assertThat(Declared.by("b", SubscriptionSpec.of("t", "s")).says())
                .containsOnlyKeys(Stream.concat(
                                Stream.concat(
                                        Stream.of("filter"),
                                        names(
                                                SubscriptionSpec.class,
                                                "name",
                                                "selector",
                                                "attributeFilter",
                                                "bodyFilter",
                                                "settings")),
                                settings())
                        .toList());
    }

    private static Stream<String> settings() {
        return Stream.concat(
                names(SubscriptionSettings.class, "deadLetters"),
                names(DeadLetterPolicy.class).map(name -> "deadLetters." + name));
    }

    private static Stream<String> names(Class<?> type, String... without) {
        return Stream.of(type.getRecordComponents())
                .map(RecordComponent::getName)
                .filter(name -> !Arrays.asList(without).contains(name));
    }
}
