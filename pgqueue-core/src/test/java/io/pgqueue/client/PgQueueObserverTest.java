// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PgQueueObserverTest {

    private final List<String> told = new ArrayList<>();

    private PgQueueObserver broken(Throwable thrown) {
        return new PgQueueObserver() {
            @Override
            public void published(String destination, int messages) {
                told.add("broken");
                throwAny(thrown);
            }
        };
    }

    /** As Kotlin does with an exception that nobody declared. */
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void throwAny(Throwable thrown) throws T {
        throw (T) thrown;
    }

    private final PgQueueObserver sound = new PgQueueObserver() {
        @Override
        public void published(String destination, int messages) {
            told.add(destination + messages);
        }
    };

    /** They are told after the commit: the sender would send again what is stored. */
    @ParameterizedTest
    @ValueSource(
            classes = {
                IllegalStateException.class,
                Exception.class,
                NoClassDefFoundError.class,
                StackOverflowError.class,
                InternalError.class,
                AssertionError.class
            })
    void whatAnObserverThrowsReachesNeitherTheSenderNorTheOthers(Class<? extends Throwable> type) throws Exception {
        Throwable thrown = type.getDeclaredConstructor().newInstance();
        PgQueueObserver.of(List.of(broken(thrown), sound)).published("d", 3);
        PgQueueObserver.of(List.of(broken(thrown))).published("d", 3);
        assertThat(told).containsExactly("broken", "d3", "broken");
    }
}
