// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Objects;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;
import org.postgresql.ds.PGSimpleDataSource;

/** What stands behind {@link PostgresTest}. Nested test classes share the database of the class around them. */
public final class PostgresExtension implements BeforeAllCallback, ParameterResolver, TestInstancePostProcessor {

    private static final Namespace NAMESPACE = Namespace.create(PostgresExtension.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        database(context);
    }

    @Override
    public void postProcessTestInstance(Object test, ExtensionContext context) throws IllegalAccessException {
        for (Class<?> type = test.getClass(); type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (isInjected(field.getType()) && !Modifier.isStatic(field.getModifiers())) {
                    field.setAccessible(true);
                    if (field.get(test) == null) {
                        field.set(test, database(context));
                    }
                }
            }
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return isInjected(parameter.getParameter().getType());
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return database(context);
    }

    private static boolean isInjected(Class<?> type) {
        return type == DataSource.class || type == PGSimpleDataSource.class;
    }

    // The replacement of getOrComputeIfAbsent came with JUnit 6; this works with 5 as well.
    @SuppressWarnings("deprecation")
    private static PGSimpleDataSource database(ExtensionContext context) {
        ClassDatabase database = context.getStore(NAMESPACE)
                .getOrComputeIfAbsent(ClassDatabase.class, key -> create(context), ClassDatabase.class);
        return Objects.requireNonNull(database).dataSource();
    }

    private static ClassDatabase create(ExtensionContext context) {
        PostgresTest settings = AnnotationSupport.findAnnotation(context.getRequiredTestClass(), PostgresTest.class)
                .orElseThrow(() -> new IllegalStateException("Annotate the test class with @PostgresTest"));
        TestDatabase server = TestDatabase.shared();
        Class<? extends Consumer<DataSource>> template = settings.template();
        String name = server.createDatabase(
                server.template(template.getName(), () -> ReflectionSupport.newInstance(template)));
        server.setTimeZone(name, settings.timeZone());
        return new ClassDatabase(server, name);
    }

    /** JUnit closes it with the store of the test class. */
    private record ClassDatabase(TestDatabase server, String name) implements AutoCloseable {

        PGSimpleDataSource dataSource() {
            return server.dataSource(name);
        }

        @Override
        public void close() {
            server.dropDatabase(name);
        }
    }
}
