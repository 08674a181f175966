// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A connection whose prepared statements are watched. A proxy, because JDBC's interfaces grow with each release. */
final class WatchedConnection implements InvocationHandler {

    private final Connection connection;
    private final List<StatementListener> listeners;

    private WatchedConnection(Connection connection, List<StatementListener> listeners) {
        this.connection = connection;
        this.listeners = listeners;
    }

    static Connection watch(Connection connection, List<StatementListener> listeners) {
        return (Connection) Proxy.newProxyInstance(
                WatchedConnection.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                new WatchedConnection(connection, listeners));
    }

    /** The connection that {@link #watch} was given. */
    static Connection watched(Connection watching) {
        return ((WatchedConnection) Proxy.getInvocationHandler(watching)).connection;
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        Object result = call(connection, method, arguments);
        if (arguments != null && result instanceof PreparedStatement statement) {
            return WatchedStatement.watch(statement, String.valueOf(Objects.requireNonNull(arguments[0])), listeners);
        }
        return result;
    }

    static @Nullable Object call(Object target, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }
}
