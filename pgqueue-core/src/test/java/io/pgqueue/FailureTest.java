// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** DLQ-7. */
class FailureTest {

    @Test
    void ofAMessage2000AndOfAStack8192CharactersAreKept() {
        Failure failure = new Failure("C", "m".repeat(2001), "s".repeat(8193));
        assertThat(failure.message()).hasSize(2000);
        assertThat(failure.stack()).hasSize(8192);
        assertThat(new Failure("C", "m".repeat(2000), "s".repeat(8192)))
                .isEqualTo(new Failure("C", "m".repeat(2000), "s".repeat(8192)));
    }

    @Test
    void anExceptionIsTakenApart() {
        Failure failure = Failure.of(new IllegalStateException("broken"));
        assertThat(failure.errorClass()).isEqualTo("java.lang.IllegalStateException");
        assertThat(failure.message()).isEqualTo("broken");
        assertThat(failure.stack())
                .startsWith("java.lang.IllegalStateException: broken")
                .contains("FailureTest");
        assertThat(Failure.of(new IllegalStateException()).message()).isNull();
    }

    /** What a framework wraps deeply is explained by the last cause, which is printed last. */
    @Test
    void ofALongStackTheBeginningAndTheLastCauseAreKept() {
        Throwable root = new IllegalArgumentException("no such rate");
        String stack = Failure.of(new IllegalStateException("outer", deeper(root, 100)))
                .stack();
        assertThat(stack)
                .hasSizeLessThanOrEqualTo(8192)
                .startsWith("java.lang.IllegalStateException: outer")
                .contains("Caused by: java.lang.IllegalArgumentException: no such rate\n\tat io.pgqueue.FailureTest")
                .contains("shortened");
    }

    private static Throwable deeper(Throwable root, int levels) {
        return levels == 0 ? root : new IllegalStateException("level " + levels, deeper(root, levels - 1));
    }
}
