// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * docs/adr/0021: what a client asks for stays the same when a function grows. With a star, a statement that a session
 * prepared before an upgrade would have another result after it, and fail in a transaction.
 */
class SelectedColumnsTest {

    @Test
    void everyStatementNamesItsColumns() {
        assertThat(Statements.all())
                .hasSizeGreaterThan(50)
                .allSatisfy(text -> assertThat(text).doesNotContain("*"));
    }
}
