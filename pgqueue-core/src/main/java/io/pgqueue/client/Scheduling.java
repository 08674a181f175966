// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static io.pgqueue.client.Given.given;

import io.pgqueue.CancelResult;
import io.pgqueue.ConflictException;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.NotFoundException;
import io.pgqueue.jdbc.SqlWork;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.selector.Selector;
import io.pgqueue.selector.SelectorSyntaxException;
import io.pgqueue.store.ScheduleFunctions;
import io.pgqueue.store.ScheduleFunctions.Cancelled;
import io.pgqueue.store.ScheduleFunctions.Found;
import io.pgqueue.store.SqlErrors;
import io.pgqueue.wakeup.Hint;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cancels and reschedules messages that were published. Like a publish, every call joins the caller's transaction and is
 * undone with it, or is a transaction of its own. Safe for use by several threads, except one that was made for a
 * {@link Connection}.
 *
 * <p>What waits is cancelled for certain. What a worker holds is taken from it: its ack is stale, so when it acks in the
 * transaction of its work, that rolls back. A call waits for a worker that is committing its ack at that moment.
 */
public final class Scheduling {

    private static final int MOST = 1000;

    private final Transactions transactions;
    private final @Nullable Connection connection;
    private final ScheduleFunctions functions;
    private final Directory directory;
    private final Consumer<Hint> wakeups;

    Scheduling(
            Transactions transactions,
            @Nullable Connection connection,
            ScheduleFunctions functions,
            Directory directory,
            Consumer<Hint> wakeups) {
        this.transactions = transactions;
        this.connection = connection;
        this.functions = functions;
        this.directory = directory;
        this.wakeups = wakeups;
    }

    /** The same in the transaction of this connection. */
    Scheduling on(Connection other) {
        return new Scheduling(transactions, other, functions, directory, wakeups);
    }

    /**
     * Cancels a message for all its subscriptions; a result for each delivery that was found. An empty list: nothing waits,
     * because it was acknowledged, expired or cancelled before, or never existed.
     */
    public List<CancelResult> cancel(UUID messageId) {
        given("messageId", messageId);
        return results(run(c -> functions.cancel(c, messageId, null), this::cancelled));
    }

    /**
     * Cancels a message for one subscription.
     *
     * @param topic the topic, null for a queue
     * @param name name of the subscription or queue
     * @return {@code FINISHED} also when nothing waits
     * @throws NotFoundException if there is no such subscription
     */
    public CancelResult.Outcome cancel(@Nullable String topic, String name, UUID messageId) {
        given("name", name);
        given("messageId", messageId);
        int subscription = directory.subscription(topic, name).id();
        List<CancelResult> results = results(run(c -> functions.cancel(c, messageId, subscription), this::cancelled));
        return results.isEmpty()
                ? CancelResult.Outcome.FINISHED
                : results.get(0).outcome();
    }

    /**
     * Cancels what was sent to a destination with this correlation id, the oldest first; returns the number of deliveries,
     * those that were leased included.
     *
     * @param limit at most so many, 1 to 1000; when the result is as high there may be more
     * @throws NotFoundException if there is no such destination
     */
    public int cancelByCorrelationId(String destination, String correlationId, int limit) {
        return cancelMatching(
                given("destination", destination), given("correlationId", correlationId), null, null, limit);
    }

    /** As {@link #cancelByCorrelationId}, for the messages of one group. */
    public int cancelByGroup(String destination, String group, int limit) {
        return cancelMatching(given("destination", destination), null, given("group", group), null, limit);
    }

    /**
     * As {@link #cancelByCorrelationId}, for the messages that a selector is true for. Reads everything that waits for the
     * destination.
     *
     * @throws InvalidFilterException if the selector is empty or cannot be understood
     */
    public int cancelBySelector(String destination, String selector, int limit) {
        given("destination", destination);
        given("selector", selector);
        try {
            Selector parsed = Selector.parse(selector);
            if (parsed == null) {
                throw new InvalidFilterException("selector is empty, must be a condition; purge removes everything");
            }
            return cancelMatching(destination, null, null, parsed.jsonPath(), limit);
        } catch (SelectorSyntaxException e) {
            throw new InvalidFilterException("The selector to cancel by: " + e.getMessage(), e);
        }
    }

    /**
     * Gives a message a new time for all its subscriptions, or for none; attempts stay as they are. Returns the names of the
     * subscriptions.
     *
     * @param time at most 366 days ahead; a time in the past means now
     * @throws ConflictException if a worker holds one of its deliveries; one's own lease is extended instead
     * @throws NotFoundException if nothing of it waits
     * @throws InvalidArgumentException if the time is too far ahead, or not before the message expires
     */
    public List<String> reschedule(UUID messageId, Instant time) {
        return reschedule(given("messageId", messageId), given("time", time), null);
    }

    /**
     * Gives a message a new time for one subscription.
     *
     * @param topic the topic, null for a queue
     * @param name name of the subscription or queue
     */
    public void reschedule(@Nullable String topic, String name, UUID messageId, Instant time) {
        reschedule(
                given("messageId", messageId),
                given("time", time),
                directory.subscription(topic, given("name", name)).id());
    }

    private List<String> reschedule(UUID messageId, Instant time, @Nullable Integer subscription) {
        List<Found> found = run(c -> functions.reschedule(c, messageId, time, subscription), this::wake);
        List<String> names = found.stream().map(Found::subscription).toList();
        if (found.isEmpty()) {
            throw new NotFoundException("No delivery of message " + messageId
                    + " waits: it was acknowledged, expired or cancelled before, or never existed");
        }
        if (found.get(0).leased()) {
            throw new ConflictException("Message " + messageId + " is being handled for " + names
                    + " and was not rescheduled; try again later, or name a subscription that still waits");
        }
        return names;
    }

    /** It may be due now, wherever it waits. */
    private void wake(List<Found> found) {
        found.forEach(each -> look(each.subscriptionId(), 0));
    }

    /** Its sender may wait for the end. */
    private void cancelled(List<Cancelled> found) {
        boolean ended = false;
        for (Cancelled each : found) {
            CancelResult.Outcome outcome = each.result().outcome();
            if (outcome != CancelResult.Outcome.FINISHED) {
                look(each.subscriptionId(), outcome == CancelResult.Outcome.WAS_LEASED ? Hint.TAKEN : 0);
                ended = true;
            }
        }
        if (ended) {
            wakeups.accept(Hint.ENDED);
        }
    }

    private void cancelledMatching(List<Integer> subscriptions) {
        if (!subscriptions.isEmpty()) {
            subscriptions.forEach(subscription -> look(subscription, Hint.TAKEN));
            wakeups.accept(Hint.ENDED);
        }
    }

    /** The next of its group may have its turn, and a consumer may have lost it. */
    private void look(int subscription, int taken) {
        wakeups.accept(new Hint(subscription, taken, Long.MAX_VALUE, 1));
    }

    private static List<CancelResult> results(List<Cancelled> found) {
        return found.stream().map(Cancelled::result).toList();
    }

    private int cancelMatching(
            String destination,
            @Nullable String correlationId,
            @Nullable String group,
            @Nullable String jsonpath,
            int limit) {
        if (limit < 1 || limit > MOST) {
            throw new InvalidArgumentException("limit is " + limit + ", must be 1 to " + MOST);
        }
        return run(
                        c -> directory.withDestination(
                                c,
                                destination,
                                found ->
                                        functions.cancelMatching(c, found.id(), correlationId, group, jsonpath, limit)),
                        matching -> cancelledMatching(matching.subscriptions()))
                .count();
    }

    private <T> T run(SqlWork<T> work, Consumer<T> afterCommit) {
        try {
            if (connection != null) {
                return work.run(connection);
            }
            Transactions.Outcome<T> outcome = transactions.joinOrStatement(work);
            if (outcome.joined()) {
                transactions.afterCommit(() -> afterCommit.accept(outcome.value()));
            } else {
                afterCommit.accept(outcome.value());
            }
            return outcome.value();
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }
}
