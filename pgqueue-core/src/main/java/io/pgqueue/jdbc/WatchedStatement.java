// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A call that tells its listeners when it is made. */
final class WatchedStatement implements InvocationHandler, DatabaseCall {

    private static final Pattern FUNCTION = Pattern.compile("(\\w+)\\(");

    /** Lists of messages or deliveries are among the first arguments; what limits a search comes later. */
    private static final int LISTS = 4;

    /** There are as many texts as functions. */
    private static final Map<String, String> FUNCTIONS = new ConcurrentHashMap<>();

    private final PreparedStatement statement;
    private final String sql;
    private final List<StatementListener> listeners;
    private @Nullable Array array;

    private WatchedStatement(PreparedStatement statement, String sql, List<StatementListener> listeners) {
        this.statement = statement;
        this.sql = sql;
        this.listeners = listeners;
    }

    static PreparedStatement watch(PreparedStatement statement, String sql, List<StatementListener> listeners) {
        return (PreparedStatement) Proxy.newProxyInstance(
                WatchedStatement.class.getClassLoader(),
                new Class<?>[] {PreparedStatement.class},
                new WatchedStatement(statement, sql, listeners));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        String name = method.getName();
        if (name.startsWith("execute")) {
            return execute(method, arguments);
        }
        if (array == null
                && arguments != null
                && name.equals("setArray")
                && arguments[0] instanceof Integer index
                && index <= LISTS) {
            array = (Array) arguments[1];
        }
        return WatchedConnection.call(statement, method, arguments);
    }

    private @Nullable Object execute(Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
        listeners.forEach(listener -> listener.before(this));
        SQLException failure = null;
        long start = System.nanoTime();
        try {
            return WatchedConnection.call(statement, method, arguments);
        } catch (SQLException e) {
            failure = e;
            throw e;
        } finally {
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            for (StatementListener listener : listeners) {
                listener.after(this, took, failure);
            }
        }
    }

    @Override
    public String function() {
        return FUNCTIONS.computeIfAbsent(sql, text -> {
            Matcher function = FUNCTION.matcher(text);
            return function.find() ? function.group(1) : text;
        });
    }

    @Override
    public int entries() {
        try {
            return array == null ? 0 : java.lang.reflect.Array.getLength(array.getArray());
        } catch (SQLException e) {
            return 0;
        }
    }

    @Override
    public String toString() {
        return function() + "()";
    }
}
