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
}
