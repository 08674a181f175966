// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.ConflictException;
import io.pgqueue.ForbiddenException;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.UnavailableException;
import io.pgqueue.schema.SchemaException;
import io.pgqueue.spring.TransactionMismatchException;
import io.pgqueue.spring.annotation.InvalidListenerException;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.ApplicationContextException;

/** What to do about each error that stops a start; the error itself says what is wrong. */
final class PgQueueFailureAnalyzer extends AbstractFailureAnalyzer<RuntimeException> {

    private static final String UNREACHABLE =
            "Check that the database of spring.datasource.url runs and can be reached";

    /** Lost, shutting down or starting; refuses the user or the password; has no such database. */
    private static final Pattern NO_CONNECTION = Pattern.compile("08...|57P0[123]|28...|3D000");

    /** The first that fits: what a cause says of the schema tells more than that there is a cause. */
    private static final List<Advice> ADVICE = List.of(
            new Advice(
                    SchemaException.class,
                    NO_CONNECTION.asMatchPredicate(),
                    UNREACHABLE + ", and that spring.datasource.username and password are those of a user of it."),
            new Advice(
                    SchemaException.class,
                    "Do what the description says. When this application shall install or upgrade the schema itself, set "
                            + "pgqueue.schema.initialize=always; when somebody else does it, set it to validate or never. "
                            + "pgqueue.schema.name names the schema."),
            new Advice(
                    NotFoundException.class,
                    "Correct the name, or define a bean of type QueueSpec, TopicSpec or SubscriptionSpec, or, for queues of "
                            + "listeners, set pgqueue.missing-destination=create."),
            new Advice(
                    ContradictionException.class,
                    "Let them say the same, or leave one of them out; a listener that does not name a queue for dead letters, "
                            + "or a filter of its subscription, takes them as they are."),
            new Advice(
                    ConflictException.class,
                    "Declare it as it is, or change what is stored: once by PgQueueAdmin.alterQueue, alterTopic or "
                            + "alterSubscription, or, for beans, at each start by pgqueue.changed-destination=update. With =warn "
                            + "the application goes on with what is stored."),
            // No such function, schema, table.
            new Advice(
                    UnavailableException.class,
                    Set.of("42883", "3F000", "42P01")::contains,
                    "Set pgqueue.schema.initialize=always, so that the application installs the schema; or let whoever "
                            + "installs it do so before the application starts, and set it to validate to be told what is "
                            + "missing. pgqueue.schema.name names the schema."),
            new Advice(UnavailableException.class, UNREACHABLE + ", and that it may be written to."),
            new Advice(
                    ForbiddenException.class,
                    "Grant the database user of spring.datasource.username the role: pgqueue_publisher to send, "
                            + "pgqueue_consumer to listen, pgqueue_admin to declare queues, topics and subscriptions. If they "
                            + "are declared by somebody else, take the QueueSpec, TopicSpec and SubscriptionSpec beans away."),
            new Advice(
                    TransactionMismatchException.class,
                    "Mark the transaction manager that shall be used with @PgQueueTransactionManager, and, if there are "
                            + "several DataSources, the one that it manages with @PgQueueDataSource."),
            new Advice(
                    InvalidListenerException.class,
                    "Correct the annotation, or the method or class that it stands on."));

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, RuntimeException outermost) {
        for (Advice advice : ADVICE) {
            Throwable cause = findCause(rootFailure, advice.error);
            if (cause != null && advice.sqlState.test(sqlState(cause))) {
                return new FailureAnalysis(cause.getMessage(), advice.action, cause);
            }
        }
        InvalidArgumentException invalid = findCause(rootFailure, InvalidArgumentException.class);
        return invalid == null ? null : invalid(rootFailure, invalid);
    }

    /** Null if it was no bean's nor listener's: then the stack says who passed the value. */
    private static @Nullable FailureAnalysis invalid(Throwable rootFailure, InvalidArgumentException invalid) {
        BeanCreationException bean = null;
        boolean starting = false;
        for (Throwable cause = rootFailure; cause != null; cause = cause.getCause()) {
            starting |= cause instanceof ApplicationContextException;
            // The innermost: the others only wanted to have it.
            bean = cause instanceof BeanCreationException creation && creation.getBeanName() != null ? creation : bean;
        }
        if (bean != null) {
            return new FailureAnalysis(
                    "The bean '" + bean.getBeanName() + "'"
                            + (bean.getResourceDescription() == null ? "" : " of " + bean.getResourceDescription())
                            + " cannot be made. " + invalid.getMessage(),
                    "Correct the value.",
                    invalid);
        }
        return starting ? new FailureAnalysis(invalid.getMessage(), "Correct the value.", invalid) : null;
    }

    /** Empty if the database did not say anything. */
    private static String sqlState(Throwable error) {
        return error.getCause() instanceof SQLException sql && sql.getSQLState() != null ? sql.getSQLState() : "";
    }

    /** @param sqlState which states of the database the error must have come with */
    private record Advice(Class<? extends RuntimeException> error, Predicate<String> sqlState, String action) {

        Advice(Class<? extends RuntimeException> error, String action) {
            this(error, state -> true, action);
        }
    }
}
