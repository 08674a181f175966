// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.InvalidArgumentException;
import io.pgqueue.MessageTooLargeException;
import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.PublishResult;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.jdbc.Transactions.NoConnectionException;
import io.pgqueue.jdbc.Transactions.Outcome;
import io.pgqueue.store.PublishFunctions;
import io.pgqueue.store.PublishFunctions.Published;
import io.pgqueue.store.SqlErrors;
import io.pgqueue.wakeup.Hint;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Publishes in the caller's transaction when there is one, and wakes consumers after the commit. */
final class Publisher {

    private static final int STATEMENT_MESSAGES = 1000;
    private static final long STATEMENT_BYTES = 64L * 1024 * 1024;
    private static final Duration SHORTEST_KEEP = Duration.ofMinutes(1);
    private static final Duration LONGEST_KEEP = Duration.ofDays(7);

    private final Transactions transactions;
    private final PublishFunctions functions;
    private final Directory directory;
    private final Consumer<Hint> wakeups;
    private final PgQueueObserver observer;
    private final Map<String, Map<Integer, Hint>> unsent = new ConcurrentHashMap<>();

    Publisher(
            Transactions transactions,
            PublishFunctions functions,
            Directory directory,
            Consumer<Hint> wakeups,
            PgQueueObserver observer) {
        this.transactions = transactions;
        this.functions = functions;
        this.directory = directory;
        this.wakeups = wakeups;
        this.observer = observer;
    }

    PublishResult publish(String destination, OutgoingMessage message) {
        UUID id = idOf(message);
        Sent sent = run(
                        List.of(id),
                        destination,
                        () -> transactions.joinOrStatement(
                                connection -> send(connection, destination, id, message, functions::publish)))
                .value();
        return new PublishResult(id, sent.matched().get(0));
    }

    /** The handle is open, or done when nobody gets the message. */
    Completion publishTracked(String destination, OutgoingMessage message, Duration keep) {
        if (keep.compareTo(SHORTEST_KEEP) < 0 || keep.compareTo(LONGEST_KEEP) > 0) {
            throw new InvalidArgumentException(
                    "keep is " + keep + ", must be " + SHORTEST_KEEP + " to " + LONGEST_KEEP);
        }
        UUID id = idOf(message);
        Thread sender = Thread.currentThread();
        AtomicBoolean committed = new AtomicBoolean();
        Completion completion = new Completion(id, () -> !committed.get() && Thread.currentThread() == sender);
        Outcome<Sent> outcome = run(
                List.of(id),
                destination,
                () -> transactions.joinOrStatement(connection -> send(
                        connection,
                        destination,
                        id,
                        message,
                        (c, found, messageId, sent) -> functions.publishTracked(c, found, messageId, sent, keep))));
        Runnable then = () -> {
            committed.set(true);
            if (outcome.value().matched().get(0) == 0) {
                completion.doneAtOnce();
            }
        };
        if (outcome.joined()) {
            transactions.afterCommit(then);
            transactions.afterRollback(() -> completion.fail(new PgQueueException(
                    "Message " + id + " was not sent: the transaction that sent it was rolled back")));
        } else {
            then.run();
        }
        return completion;
    }

    List<PublishResult> publish(String destination, List<OutgoingMessage> messages) {
        if (messages.isEmpty()) {
            return List.of();
        }
        List<UUID> ids = messages.stream().map(Publisher::idOf).toList();
        List<List<OutgoingMessage>> parts = split(messages);
        Sent sent = run(
                        ids,
                        destination,
                        () -> parts.size() == 1
                                ? transactions.joinOrStatement(c -> send(c, destination, ids, parts))
                                : transactions.joinOrTransaction(c -> send(c, destination, ids, parts)))
                .value();
        return results(ids, sent);
    }

    /** In the transaction of the connection given; nobody is woken, because only the caller knows when it commits. */
    List<PublishResult> publish(Connection connection, String destination, List<OutgoingMessage> messages) {
        if (messages.isEmpty()) {
            return List.of();
        }
        List<UUID> ids = messages.stream().map(Publisher::idOf).toList();
        try {
            Sent sent = messages.size() == 1
                    ? send(connection, destination, ids.get(0), messages.get(0), functions::publish)
                    : send(connection, destination, ids, split(messages));
            remember(destination, sent.hints());
            observer.published(destination, messages.size());
            return results(ids, sent);
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    /** Sends the hints of what was published on given connections; those of a rolled-back transaction do no harm. */
    void wake(String destination) {
        Map<Integer, Hint> hints = unsent.remove(destination);
        if (hints != null) {
            hints.values().forEach(wakeups);
        }
    }

    private void remember(String destination, List<Hint> hints) {
        unsent.compute(destination, (name, known) -> {
            Map<Integer, Hint> merged = known == null ? new HashMap<>() : known;
            hints.forEach(hint -> merged.merge(hint.subscription(), hint, Hint::merge));
            return merged;
        });
    }

    private Outcome<Sent> run(List<UUID> ids, String destination, Work work) {
        Outcome<Sent> outcome;
        try {
            outcome = work.run();
        } catch (NoConnectionException e) {
            throw SqlErrors.translate(e);
        } catch (SQLException e) {
            throw SqlErrors.isConnectionLost(e.getSQLState())
                    ? new OutcomeUnknownException(ids, e)
                    : SqlErrors.translate(e);
        }
        Sent sent = outcome.value();
        if (outcome.joined()) {
            transactions.afterCommit(() -> committed(destination, sent));
        } else {
            committed(destination, sent);
            if (sent.warning() != null) {
                throw new OutcomeUnknownException(ids, sent.warning());
            }
        }
        return outcome;
    }

    private void committed(String destination, Sent sent) {
        sent.hints().forEach(wakeups);
        observer.published(destination, sent.matched().size());
    }

    private Sent send(Connection connection, String destination, UUID id, OutgoingMessage message, One function)
            throws SQLException {
        Published published = withDestination(
                connection,
                destination,
                List.of(message),
                found -> function.publish(connection, found.id(), id, message));
        return new Sent(toList(published.matched()), hints(published, List.of(message)), published.warning());
    }

    private Sent send(Connection connection, String destination, List<UUID> ids, List<List<OutgoingMessage>> parts)
            throws SQLException {
        List<Integer> matched = new ArrayList<>(ids.size());
        List<Hint> hints = new ArrayList<>();
        Throwable warning = null;
        for (List<OutgoingMessage> part : parts) {
            List<UUID> partIds = ids.subList(matched.size(), matched.size() + part.size());
            Published published = withDestination(
                    connection, destination, part, found -> functions.publish(connection, found.id(), partIds, part));
            matched.addAll(toList(published.matched()));
            hints.addAll(hints(published, part));
            warning = published.warning() == null ? warning : published.warning();
        }
        return new Sent(matched, hints, warning);
    }

    private Published withDestination(
            Connection connection,
            String destination,
            List<OutgoingMessage> messages,
            Directory.DestinationCall<Published> call)
            throws SQLException {
        return directory.withDestination(connection, destination, found -> {
            checkSizes(destination, found.maxBodyBytes(), messages);
            return call.run(found);
        });
    }

    /** The database checks again, but its error would end the caller's transaction. */
    private static void checkSizes(String destination, int limit, List<OutgoingMessage> messages) {
        for (int i = 0; i < messages.size(); i++) {
            if (messages.get(i).bodyBytes() > limit) {
                throw new MessageTooLargeException("The body of message " + i + " has "
                        + messages.get(i).bodyBytes() + " bytes, destination '" + destination + "' takes at most "
                        + limit
                        + "; send a reference to data kept elsewhere, or raise its maxBodyBytes (64 MiB at most)");
            }
        }
    }

    private static List<Hint> hints(Published published, List<OutgoingMessage> messages) {
        int priorities = 0;
        for (OutgoingMessage message : messages) {
            priorities |= message.group() == null ? 1 << message.priority() : Hint.GROUPS;
        }
        List<Hint> hints = new ArrayList<>(published.subscriptions().length);
        for (int subscription : published.subscriptions()) {
            hints.add(new Hint(subscription, priorities, published.firstPosition(), messages.size()));
        }
        return hints;
    }

    private static List<List<OutgoingMessage>> split(List<OutgoingMessage> messages) {
        List<List<OutgoingMessage>> parts = new ArrayList<>();
        int from = 0;
        long bytes = 0;
        for (int i = 0; i < messages.size(); i++) {
            int size = messages.get(i).bodyBytes();
            if (i > from && (i - from == STATEMENT_MESSAGES || bytes + size > STATEMENT_BYTES)) {
                parts.add(messages.subList(from, i));
                from = i;
                bytes = 0;
            }
            bytes += size;
        }
        parts.add(messages.subList(from, messages.size()));
        return parts;
    }

    private static List<PublishResult> results(List<UUID> ids, Sent sent) {
        List<PublishResult> results = new ArrayList<>(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            results.add(new PublishResult(ids.get(i), sent.matched().get(i)));
        }
        return results;
    }

    private static UUID idOf(OutgoingMessage message) {
        if (message == null) {
            throw new InvalidArgumentException("message is null, must be an OutgoingMessage");
        }
        UUID id = message.messageId();
        return id == null ? MessageIds.next() : id;
    }

    private static List<Integer> toList(int[] values) {
        List<Integer> list = new ArrayList<>(values.length);
        for (int value : values) {
            list.add(value);
        }
        return list;
    }

    private record Sent(
            List<Integer> matched,
            List<Hint> hints,
            @Nullable Throwable warning) {}

    private interface Work {
        Outcome<Sent> run() throws SQLException, PgQueueException;
    }

    private interface One {
        @Nullable
        Published publish(Connection connection, int destination, UUID id, OutgoingMessage message) throws SQLException;
    }
}
