// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlErrorsTest {

    @ParameterizedTest
    @CsvSource({
        "PQ001, InvalidNameException",
        "PQ002, InvalidArgumentException",
        "PQ003, InvalidPropertyException",
        "PQ004, InvalidFilterException",
        "PQ005, MessageTooLargeException",
        "PQ006, NotFoundException",
        "PQ007, ConflictException",
        "PQ008, ConflictException",
        "PQ009, ConflictException",
        "PQ010, QueueFullException",
        "42501, ForbiddenException",
        "42883, UnavailableException",
        "3F000, UnavailableException",
        "42P01, UnavailableException",
        "25006, UnavailableException",
        "08006, UnavailableException",
        "57P01, UnavailableException",
        "40001, PgQueueException",
        "40P01, PgQueueException"
    })
    void everyStateHasItsException(String state, String exception) {
        SQLException cause = new SQLException("what happened", state);
        assertThat(SqlErrors.translate(cause))
                .hasMessageContaining("what happened")
                .hasCause(cause)
                .extracting(e -> e.getClass().getSimpleName())
                .isEqualTo(exception);
    }

    @Test
    void anUnknownStateIsNamed() {
        assertThat(SqlErrors.translate(new SQLException("x", "22P02"))).hasMessageContaining("SQLSTATE 22P02");
        assertThat(SqlErrors.translate(new SQLException("x"))).hasMessage("x");
    }
}
