// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.ConflictException;
import io.pgqueue.ForbiddenException;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.InvalidNameException;
import io.pgqueue.InvalidPropertyException;
import io.pgqueue.MessageTooLargeException;
import io.pgqueue.NotFoundException;
import io.pgqueue.PgQueueException;
import io.pgqueue.QueueFullException;
import io.pgqueue.UnavailableException;
import io.pgqueue.jdbc.Transactions.NoConnectionException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** The one place where SQLSTATEs become exceptions. */
public final class SqlErrors {

    private SqlErrors() {}

    public static PgQueueException translate(SQLException e) {
        String state = e.getSQLState();
        String text = text(e);
        if (e instanceof NoConnectionException || isConnectionLost(state)) {
            return new UnavailableException(
                    "The database cannot be reached: " + text
                            + "; check that it runs and that the connection pool is not "
                            + "used up. The call can be repeated",
                    e);
        }
        if (state == null) {
            return new PgQueueException(text, e);
        }
        return switch (state) {
            case "PQ001" -> new InvalidNameException(text, e);
            case "PQ002" -> new InvalidArgumentException(text, e);
            case "PQ003" -> new InvalidPropertyException(text, e);
            case "PQ004" -> new InvalidFilterException(text, e);
            case "PQ005" -> new MessageTooLargeException(text, e);
            case "PQ006" -> new NotFoundException(text, e);
            case "PQ007", "PQ008", "PQ009" -> new ConflictException(text, e);
            case "PQ010" -> new QueueFullException(text, e);
            case "42501" ->
                new ForbiddenException(
                        text
                                + "; grant the role of this family of functions (pgqueue_publisher, pgqueue_consumer, "
                                + "pgqueue_reader, pgqueue_admin) "
                                + "to the database user",
                        e);
            case "42883", "3F000", "42P01" ->
                new UnavailableException(
                        text
                                + "; the schema is missing, older, or under another name: run the migrator, or set the schema's name",
                        e);
            case "25P02" ->
                new PgQueueException(
                        text
                                + "; an earlier statement of this transaction failed, and its exception was caught: let it end "
                                + "the transaction, or use a savepoint",
                        e);
            case "25006" ->
                new UnavailableException(
                        text + "; the transaction is read-only: publish and settle in a transaction that may write", e);
            default -> new PgQueueException(text + " (SQLSTATE " + state + ")", e);
        };
    }

    /** What the server says and advises, without where in our functions: that is in the cause, with SQL and data. */
    private static String text(SQLException e) {
        ServerErrorMessage server = e instanceof PSQLException error ? error.getServerErrorMessage() : null;
        if (server == null || server.getMessage() == null) {
            return String.valueOf(e.getMessage());
        }
        return server.getHint() == null ? server.getMessage() : server.getMessage() + ". " + server.getHint();
    }

    /** Class 08, or the server went away under us: what was running may or may not have been committed. */
    public static boolean isConnectionLost(@Nullable String state) {
        return state != null
                && (state.startsWith("08") || state.equals("57P01") || state.equals("57P02") || state.equals("57P03"));
    }
}
