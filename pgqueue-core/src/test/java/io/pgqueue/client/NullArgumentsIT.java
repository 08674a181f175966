// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgqueue.ConsumerSpec;
import io.pgqueue.DeadLetter;
import io.pgqueue.DeadLetterFilter;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.Lease;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.Purge;
import io.pgqueue.QueueSpec;
import io.pgqueue.Redrive;
import io.pgqueue.Repair;
import io.pgqueue.ReplayFrom;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.jdbc.StatementListener;
import io.pgqueue.maintenance.Maintenance;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import io.pgqueue.wakeup.Wakeups;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Every public method of what a {@link PgQueue} gives out, with null for each argument that may not be null, and in each
 * list: found by reflection, so a new one is tested too.
 */
@PostgresTest(template = MigratedSchema.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NullArgumentsIT {

    private static final OutgoingMessage MESSAGE = OutgoingMessage.text("x").build();
    private static final Delivery DELIVERY = new Delivery(
            UUID.randomUUID(),
            "q",
            "q",
            null,
            Map.of(),
            new Delivery.Headers(Instant.EPOCH, null, 4, null, null, null, null, null),
            1,
            0,
            new Lease(0, 1, 4, 1, 1, Instant.EPOCH, false));

    private CountingSource source;
    private PgQueue queue;
    private Connection connection;

    @BeforeAll
    void open(DataSource dataSource) throws Exception {
        source = new CountingSource(dataSource);
        queue = PgQueue.builder(source).maintenance(false).build();
        queue.admin().declareQueue(QueueSpec.of("q"));
        queue.admin().declareTopic(TopicSpec.of("t"));
        connection = dataSource.getConnection();
        connection.setAutoCommit(false);
    }

    @AfterAll
    void close() throws Exception {
        connection.close();
        queue.close();
    }

    @TestFactory
    Stream<DynamicTest> isRefusedByName() {
        return Stream.of(
                        queue,
                        queue.admin(),
                        queue.admin().deadLetters("q"),
                        queue.scheduling(),
                        queue.receiver("q"),
                        queue.ackBatcher(),
                        queue.client(),
                        PgQueue.builder(source))
                .flatMap(target -> callsWithNull(target.getClass(), target));
    }

    @TestFactory
    Stream<DynamicTest> isRefusedByNameByThoseWhoWaitForSeveral() {
        return callsWithNull(Completions.class, queue);
    }

    private Stream<DynamicTest> callsWithNull(Class<?> type, Object target) {
        return Stream.of(type.getMethods())
                .filter(method -> method.getDeclaringClass() == type)
                .filter(method -> !method.isBridge())
                .flatMap(method -> callsWithNull(target, method));
    }

    private Stream<DynamicTest> callsWithNull(Object target, Method method) {
        List<DynamicTest> calls = new ArrayList<>();
        Parameter[] parameters = method.getParameters();
        for (int i = 0; i < parameters.length; i++) {
            Parameter parameter = parameters[i];
            if (parameter.getType().isPrimitive()
                    || parameter.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                continue;
            }
            int place = i;
            calls.add(DynamicTest.dynamicTest(
                    method.toGenericString() + " " + parameter.getName(),
                    () -> isRefused(target, method, place, null, parameter.getName())));
            if (Collection.class.isAssignableFrom(parameter.getType())) {
                calls.add(DynamicTest.dynamicTest(
                        method.toGenericString() + " element of " + parameter.getName(),
                        () -> isRefused(
                                target, method, place, Collections.singletonList(null), parameter.getName() + "[0]")));
            }
        }
        return calls.stream();
    }

    private void isRefused(Object target, Method method, int place, @Nullable Object value, String name) {
        Parameter[] parameters = method.getParameters();
        @Nullable Object[] arguments = new Object[parameters.length];
        for (int i = 0; i < parameters.length; i++) {
            arguments[i] = i == place ? value : valid(parameters[i]);
        }
        int opened = source.opened();
        Throwable refusal = catchThrowable(() -> {
            try {
                method.invoke(target, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
        assertThat(refusal)
                .isExactlyInstanceOf(InvalidArgumentException.class)
                .hasMessage(name + " is null, must be given");
        assertThat(source.opened()).as("connections").isEqualTo(opened);
    }

    private @Nullable Object valid(Parameter parameter) {
        Class<?> type = parameter.getType();
        if (parameter.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
            return null;
        }
        if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        if (Collection.class.isAssignableFrom(type)) {
            String of = parameter.getParameterizedType().getTypeName();
            return Stream.of(
                            MESSAGE,
                            new AddressedMessage("q", MESSAGE),
                            DELIVERY,
                            UUID.randomUUID(),
                            new Completion(UUID.randomUUID(), () -> false))
                    .filter(element -> of.contains(element.getClass().getName()))
                    .map(List::of)
                    .findFirst()
                    .orElseThrow();
        }
        return Stream.of(
                        1,
                        1L,
                        false,
                        "q",
                        MESSAGE,
                        DELIVERY,
                        connection,
                        Duration.ofMinutes(2),
                        Instant.now(),
                        UUID.randomUUID(),
                        Failure.NONE,
                        QueueSpec.of("q"),
                        TopicSpec.of("t"),
                        SubscriptionSpec.of("t", "s"),
                        ConsumerSpec.unshared("t"),
                        SubscriptionSettings.DEFAULT,
                        ReceiverOptions.DEFAULT,
                        BrowseOptions.DEFAULT,
                        Purge.WAITING,
                        Redrive.ALL,
                        DeadLetterFilter.ALL,
                        Repair.body(new byte[1]),
                        new DeadLetter(
                                DELIVERY.messageId(),
                                1,
                                Instant.EPOCH,
                                "r",
                                Failure.NONE,
                                null,
                                1,
                                0,
                                false,
                                null,
                                null,
                                Map.of(),
                                DELIVERY.headers(),
                                1,
                                null),
                        ReplayFrom.earliest(),
                        Maintenance.Settings.DEFAULT,
                        new Properties(),
                        Map.of())
                .filter(value -> fits(type, value))
                .findFirst()
                .orElseGet(() -> callback(type));
    }

    private static boolean fits(Class<?> type, Object value) {
        return type.isInstance(value)
                || type == int.class && value instanceof Integer
                || type == long.class && value instanceof Long
                || type == boolean.class && value instanceof Boolean;
    }

    private static Object callback(Class<?> type) {
        if (type == Runnable.class) {
            return (Runnable) () -> {};
        }
        if (type == Consumer.class) {
            return (Consumer<Object>) ignored -> {};
        }
        if (type == PgQueueObserver.class) {
            return PgQueueObserver.NONE;
        }
        if (type == StatementListener.class) {
            return new StatementListener() {};
        }
        if (type == Wakeups.ListenConnection.class) {
            return (Wakeups.ListenConnection) () -> {
                throw new IllegalStateException();
            };
        }
        throw new IllegalStateException("Say what is a valid " + type.getName());
    }
}
