// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.PublishResult;
import io.pgqueue.jdbc.Savepoints;
import io.pgqueue.jdbc.SqlWork;
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
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Publishes in the caller's transaction when there is one, and wakes consumers after the commit. */
final class Publisher {

    private static final Duration SHORTEST_KEEP = Duration.ofMinutes(1);
    private static final Duration LONGEST_KEEP = Duration.ofDays(7);

    private final Transactions transactions;
    private final PublishFunctions functions;
    private final Directory directory;
    private final Consumer<Hint> wakeups;
    private final PgQueueObserver observer;
    private final RoomWait room;
    private final UnsentHints unsent;

    Publisher(
            Transactions transactions,
            PublishFunctions functions,
            Directory directory,
            Consumer<Hint> wakeups,
            PgQueueObserver observer,
            Duration sendTimeout) {
        this.transactions = transactions;
        this.functions = functions;
        this.directory = directory;
        this.wakeups = wakeups;
        this.observer = observer;
        this.room = new RoomWait(transactions, sendTimeout);
        this.unsent = new UnsentHints(wakeups);
    }

    PublishResult publish(String destination, OutgoingMessage message) {
        return publish(destination, message, functions::publish);
    }

    /** The caller's transaction, when there is one, commits as it is meant to. */
    PublishResult publishUnflushed(String destination, OutgoingMessage message) {
        return publish(
                destination, message, room.inCallersTransaction() ? functions::publish : functions::publishUnflushed);
    }

    private PublishResult publish(String destination, OutgoingMessage message, Single single) {
        UUID id = Batches.idOf(message);
        return room.retry(() -> run(
                        List.of(id),
                        destination,
                        () -> transactions.joinOrStatement(
                                connection -> send(connection, destination, id, message, null, single))))
                .value()
                .results()
                .get(0);
    }

    /** The handle is open, or done when nobody gets the message; of a duplicate it is that of the first message. */
    Completion publishTracked(String destination, OutgoingMessage message, Duration keep) {
        if (keep.compareTo(SHORTEST_KEEP) < 0 || keep.compareTo(LONGEST_KEEP) > 0) {
            throw new InvalidArgumentException(
                    "keep is " + keep + ", must be " + SHORTEST_KEEP + " to " + LONGEST_KEEP);
        }
        UUID id = Batches.idOf(message);
        Outcome<Sent> outcome = room.retry(() -> run(
                List.of(id),
                destination,
                () -> transactions.joinOrStatement(connection -> send(connection, destination, id, message, keep))));
        PublishResult result = outcome.value().results().get(0);
        Thread sender = Thread.currentThread();
        AtomicBoolean committed = new AtomicBoolean();
        Completion completion =
                new Completion(result.messageId(), () -> !committed.get() && Thread.currentThread() == sender);
        Runnable then = () -> {
            committed.set(true);
            if (result.matched() == 0 && !result.duplicate()) {
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
        return publish(destination, messages, functions::publish);
    }

    /** Those with keys, and the caller's transaction when there is one, commit as they are meant to. */
    List<PublishResult> publishUnflushed(String destination, List<OutgoingMessage> messages) {
        return publish(
                destination, messages, mayStayUnflushed(messages) ? functions::publishUnflushed : functions::publish);
    }

    private List<PublishResult> publish(String destination, List<OutgoingMessage> messages, Many many) {
        if (messages.isEmpty()) {
            return List.of();
        }
        List<UUID> ids = Batches.idsOf(messages);
        if (Batches.split(messages).size() == 1) {
            return room.retry(() -> run(
                            ids,
                            destination,
                            () -> transactions.joinOrStatement(c -> send(c, destination, ids, messages, many))))
                    .value()
                    .results();
        }
        boolean joins = room.inCallersTransaction();
        SqlWork<Sent> work = c -> translated(() -> send(c, destination, ids, messages, many));
        return room.retry(() -> run(
                        ids,
                        destination,
                        () -> transactions.joinOrTransaction(
                                c -> joins ? Savepoints.undoneOnFailure(c, work) : work.run(c))))
                .value()
                .results();
    }

    /** Whether it is the caller's transaction that commits what is published now. */
    boolean joinsCaller() {
        return room.inCallersTransaction();
    }

    /** Whether losing them is all that a commit without the disk could lose. */
    boolean mayStayUnflushed(List<OutgoingMessage> messages) {
        return !Batches.haveKeys(messages) && !room.inCallersTransaction();
    }

    /** In the transaction of the connection given; nobody is woken, because only the caller knows when it commits. */
    List<PublishResult> publish(Connection connection, String destination, List<OutgoingMessage> messages) {
        return publish(connection, destination, messages, functions::publish, functions::publish);
    }

    /** The same, and the transaction will not wait for the disk. */
    List<PublishResult> publishUnflushed(Connection connection, String destination, List<OutgoingMessage> messages) {
        return publish(connection, destination, messages, functions::publishUnflushed, functions::publishUnflushed);
    }

    private List<PublishResult> publish(
            Connection connection, String destination, List<OutgoingMessage> messages, Single single, Many many) {
        if (messages.isEmpty()) {
            return List.of();
        }
        List<UUID> ids = Batches.idsOf(messages);
        Sent sent = translated(() -> {
            if (messages.size() == 1) {
                return send(connection, destination, ids.get(0), messages.get(0), null, single);
            }
            if (Batches.split(messages).size() == 1) {
                return send(connection, destination, ids, messages, many);
            }
            if (connection.getAutoCommit()) {
                throw new InvalidArgumentException("connection is in auto-commit mode, must be in a transaction for "
                        + messages.size() + " messages, which take several statements");
            }
            return Savepoints.undoneOnFailure(connection, c -> send(c, destination, ids, messages, many));
        });
        unsent.remember(destination, sent.hints());
        observer.published(destination, messages.size());
        return sent.results();
    }

    /** What fails before the commit is known to have failed, a lost connection included. */
    private static Sent translated(Sending sending) {
        try {
            return sending.run();
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    /** Sends the hints of what was published on given connections; those of a rolled-back transaction do no harm. */
    void wake(String destination) {
        unsent.send(destination);
    }

    private Outcome<Sent> run(List<UUID> ids, String destination, Work work) {
        Outcome<Sent> outcome;
        try {
            outcome = work.run();
        } catch (NoConnectionException e) {
            throw SqlErrors.translate(e);
        } catch (SQLException e) {
            // In the caller's transaction nothing is committed yet.
            throw SqlErrors.isConnectionLost(e.getSQLState()) && !room.inCallersTransaction()
                    ? new OutcomeUnknownException(ids, e)
                    : SqlErrors.translate(e);
        }
        Sent sent = outcome.value();
        if (outcome.joined()) {
            transactions.afterCommit(() -> committed(destination, sent));
        } else {
            committed(destination, sent);
            Throwable warning = outcome.commitWarning() == null ? sent.warning() : outcome.commitWarning();
            if (warning != null) {
                throw new OutcomeUnknownException(ids, warning);
            }
        }
        return outcome;
    }

    private void committed(String destination, Sent sent) {
        sent.hints().forEach(wakeups);
        observer.published(destination, sent.results().size());
    }

    private Sent send(
            Connection connection, String destination, UUID id, OutgoingMessage message, @Nullable Duration keep)
            throws SQLException {
        return send(connection, destination, id, message, keep, functions::publish);
    }

    private Sent send(
            Connection connection,
            String destination,
            UUID id,
            OutgoingMessage message,
            @Nullable Duration keep,
            Single single)
            throws SQLException {
        Published published = withDestination(connection, destination, List.of(message), found -> {
            if (keep == null && !Batches.haveKeys(List.of(message))) {
                return single.publish(connection, found.id(), id, message);
            }
            return functions.publishWithKeys(connection, found.id(), List.of(id), List.of(message), keep, 0);
        });
        return new Sent(results(List.of(id), published), hints(published, List.of(message)), published.warning());
    }

    private Sent send(
            Connection connection, String destination, List<UUID> ids, List<OutgoingMessage> messages, Many many)
            throws SQLException {
        List<List<OutgoingMessage>> parts = Batches.split(messages);
        List<PublishResult> results = new ArrayList<>(ids.size());
        List<Hint> hints = new ArrayList<>();
        // Of several statements none commits, so only what the commit says matters.
        Throwable warning = null;
        for (List<OutgoingMessage> part : parts) {
            int first = results.size();
            List<UUID> partIds = ids.subList(first, first + part.size());
            Published published = withDestination(
                    connection,
                    destination,
                    // All of them before the first is written.
                    first == 0 ? messages : List.of(),
                    found -> Batches.haveKeys(part)
                            ? functions.publishWithKeys(connection, found.id(), partIds, part, null, first)
                            : many.publish(connection, found.id(), partIds, part, first));
            results.addAll(results(partIds, published));
            hints.addAll(hints(published, part));
            warning = parts.size() == 1 ? published.warning() : null;
        }
        return new Sent(results, hints, warning);
    }

    private Published withDestination(
            Connection connection,
            String destination,
            List<OutgoingMessage> unchecked,
            Directory.DestinationCall<Published> call)
            throws SQLException {
        return directory.withDestination(connection, destination, found -> {
            Batches.checkSizes(unchecked, destination, found.maxBodyBytes());
            Published published = call.run(found);
            if (published != null && published.full() != null) {
                throw new RoomWait.NoRoomException(published.full(), destination, published.mayWait());
            }
            return published;
        });
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
        if (published.ended() || messages.stream().anyMatch(message -> message.replaceKey() != null)) {
            hints.add(Hint.ENDED);
        }
        return hints;
    }

    private static List<PublishResult> results(List<UUID> ids, Published published) {
        @Nullable UUID @Nullable [] firstIds = published.firstIds();
        List<PublishResult> results = new ArrayList<>(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            UUID first = firstIds == null ? null : firstIds[i];
            results.add(new PublishResult(
                    first == null ? ids.get(i) : first, published.matched()[i], first != null));
        }
        return results;
    }

    private record Sent(
            List<PublishResult> results,
            List<Hint> hints,
            @Nullable Throwable warning) {}

    /** How one message without keys is published. */
    private interface Single {
        @Nullable
        Published publish(Connection connection, int destination, UUID id, OutgoingMessage message) throws SQLException;
    }

    /** How several without keys are published. */
    private interface Many {
        @Nullable
        Published publish(
                Connection connection, int destination, List<UUID> ids, List<OutgoingMessage> messages, int firstIndex)
                throws SQLException;
    }

    private interface Sending {
        Sent run() throws SQLException;
    }

    private interface Work {
        Outcome<Sent> run() throws SQLException, PgQueueException;
    }
}
