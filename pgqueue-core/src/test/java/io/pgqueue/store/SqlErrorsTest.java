// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

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

    /** Where in our functions it was, and with which values, is for the cause. */
    @Test
    void theMessageIsWhatTheServerSaysAndAdvises() {
        ServerErrorMessage server = new ServerErrorMessage(
                "SERROR\0CPQ006\0MThere is no topic 'x'\0HDeclare it.\0DKey (id)=(7)\0WPL/pgSQL function f()\0");
        assertThat(SqlErrors.translate(new PSQLException(server))).hasMessage("There is no topic 'x'. Declare it.");
        ServerErrorMessage bare =
                new ServerErrorMessage("SERROR\0C42501\0Mpermission denied\0WPL/pgSQL function f()\0");
        assertThat(SqlErrors.translate(new PSQLException(bare)))
                .hasMessageStartingWith("permission denied; grant the role");
    }

    @Test
    void aTransactionThatHasFailedBeforeIsExplained() {
        assertThat(SqlErrors.translate(new SQLException("x", "25P02"))).hasMessageContaining("use a savepoint");
    }

    @Test
    void anUnknownStateIsNamed() {
        assertThat(SqlErrors.translate(new SQLException("x", "22P02"))).hasMessageContaining("SQLSTATE 22P02");
        assertThat(SqlErrors.translate(new SQLException("x"))).hasMessage("x");
    }
}
