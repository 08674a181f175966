// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CallListenersTest {

    private final List<String> told = new ArrayList<>();

    private final class Broken implements StatementListener {

        private final @Nullable Error error;

        Broken(@Nullable Error error) {
            this.error = error;
        }

        private void fail() {
            if (error != null) {
                throw error;
            }
            throw new IllegalStateException("broken on purpose");
        }

        @Override
        public void before(DatabaseCall call) {
            told.add("before");
            fail();
        }

        @Override
        public void after(DatabaseCall call, Duration took, @Nullable SQLException failure) {
            told.add("after");
            fail();
        }
    }

    /** The call may have committed: its caller must not take it for failed. */
    @Test
    void whatAListenerThrowsReachesNeitherTheCallerNorTheOthers() throws SQLException {
        ResultSet result = proxy(ResultSet.class, null, null);
        PreparedStatement works = proxy(PreparedStatement.class, result, null);
        CallListeners listeners = new CallListeners(List.of(new Broken(null), new Broken(new NoClassDefFoundError())));
        assertThat(listeners.query(new DatabaseCall("f", 0, false), works)).isSameAs(result);
        assertThat(told).containsExactly("before", "before", "after", "after");
    }

    @Test
    void aFailureOfTheCallIsThatOfTheCall() {
        SQLException failure = new SQLException("no");
        PreparedStatement fails = proxy(PreparedStatement.class, null, failure);
        assertThatThrownBy(() -> new CallListeners(List.of(new Broken(new StackOverflowError())))
                        .query(new DatabaseCall("f", 0, false), fails))
                .isSameAs(failure);
        assertThat(told).containsExactly("before", "after");
    }

    @SuppressWarnings("unchecked")
    private static <T> T proxy(Class<T> type, @Nullable ResultSet result, @Nullable SQLException failure) {
        return (T) Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> switch (method.getName()) {
                    case "execute" -> {
                        if (failure != null) {
                            throw failure;
                        }
                        yield true;
                    }
                    case "getResultSet" -> result;
                    case "hashCode" -> System.identityHashCode(self);
                    case "equals" -> self == arguments[0];
                    default -> method.getName();
                });
    }
}
