// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.ReplaceMode;
import io.pgqueue.client.PgQueue;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import tools.jackson.databind.json.JsonMapper;

/** Every method of the template with null for each of its arguments. There is no database: nothing is asked of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TemplateNullTest {

    /** Of these headers and of a property null means none, as in Spring's own headers. */
    private static final Set<String> HEADERS = Set.of(
            "property",
            "delay",
            "deliverAt",
            "timeToLive",
            "group",
            "correlationId",
            "replyTo",
            "type",
            "dedupKey",
            "replaceKey",
            "messageId",
            "contentType");

    private PgQueue queue;
    private PgTemplate template;

    @BeforeAll
    void build() {
        PGSimpleDataSource nowhere = new PGSimpleDataSource();
        nowhere.setPortNumbers(new int[] {1});
        SpringConnectionSource source = new SpringConnectionSource(nowhere);
        queue = PgQueue.builder(source).maintenance(false).build();
        template = PgTemplate.builder(
                        queue,
                        source,
                        new PgMessageConverter(JsonMapper.builder().build()),
                        new JdbcTransactionManager(nowhere))
                .build();
    }

    @AfterAll
    void close() {
        template.close();
        queue.close();
    }

    @TestFactory
    Stream<DynamicTest> nullIsRefusedByName() {
        return Stream.concat(
                calls(template, PgOperations.class), calls(template.destination("q"), DestinationSpec.class));
    }

    private Stream<DynamicTest> calls(Object target, Class<?> type) {
        return Stream.of(type.getMethods())
                .flatMap(method -> IntStream.range(0, method.getParameterCount())
                        .filter(place ->
                                !method.getParameters()[place].getType().isPrimitive())
                        .filter(place -> !isHeader(method, place))
                        .boxed()
                        .flatMap(place -> calls(target, method, place)));
    }

    private static boolean isHeader(Method method, int place) {
        return HEADERS.contains(method.getName())
                && !method.getParameters()[place].getName().equals("name");
    }

    private Stream<DynamicTest> calls(Object target, Method method, int place) {
        Parameter parameter = method.getParameters()[place];
        String name = method.getName() + "(" + List.of(method.getParameters()) + ") " + parameter.getName();
        DynamicTest itself = DynamicTest.dynamicTest(name, () -> isRefused(target, method, place, null));
        return Collection.class.isAssignableFrom(parameter.getType())
                ? Stream.of(
                        itself,
                        DynamicTest.dynamicTest(
                                name + " element",
                                () -> isRefused(target, method, place, Collections.singletonList(null))))
                : Stream.of(itself);
    }

    private void isRefused(Object target, Method method, int place, @Nullable Object value) {
        Parameter[] parameters = method.getParameters();
        @Nullable Object[] arguments = new Object[parameters.length];
        for (int i = 0; i < parameters.length; i++) {
            arguments[i] = i == place ? value : valid(parameters[i].getType(), method);
        }
        Throwable refusal = catchThrowable(() -> {
            try {
                method.invoke(target, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
        String name = parameters[place].getName();
        String singular = value == null || !name.endsWith("s") ? name : name.substring(0, name.length() - 1);
        assertThat(refusal)
                .as("%s %s", method, name)
                .isExactlyInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining(singular + " is null");
    }

    private static Object valid(Class<?> type, Method method) {
        if (List.class.isAssignableFrom(type)) {
            return List.of(OutgoingMessage.text("x").build());
        }
        return Stream.<Object>of(
                        "q",
                        OutgoingMessage.text("x").build(),
                        Map.of(),
                        List.of("payload"),
                        UUID.randomUUID(),
                        Instant.now(),
                        Duration.ofMinutes(2),
                        TemplateTransaction.SUPPORTS,
                        ReplaceMode.REPLACE,
                        String.class,
                        1)
                .filter(value -> type.isInstance(value) || type == int.class && value instanceof Integer)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("Say what is valid for " + method));
    }
}
