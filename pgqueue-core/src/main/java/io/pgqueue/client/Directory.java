// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.NotFoundException;
import io.pgqueue.jdbc.SqlWork;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.AdminFunctions;
import io.pgqueue.store.AdminFunctions.FoundDestination;
import io.pgqueue.store.AdminFunctions.FoundSubscription;
import io.pgqueue.store.SqlErrors;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Names to ids, remembered: ids are never used twice, so an outdated one is noticed when it is used. */
final class Directory {

    /** Temporary destinations come and go: what is remembered of them must not grow for ever. */
    private static final int MOST_REMEMBERED = 10_000;

    private final Transactions transactions;
    private final AdminFunctions functions;
    private final MissingDestination missing;
    private final Map<String, FoundDestination> destinations = new ConcurrentHashMap<>();

    Directory(Transactions transactions, AdminFunctions functions, MissingDestination missing) {
        this.transactions = transactions;
        this.functions = functions;
        this.missing = missing;
    }

    /** Looked up on the given connection, so that a destination created in its transaction is found. */
    FoundDestination destination(Connection connection, String name) throws SQLException {
        FoundDestination known = destinations.get(name);
        if (known != null) {
            return known;
        }
        Optional<FoundDestination> found = functions.findDestination(connection, name);
        if (found.isEmpty() && mayCreate(name)) {
            functions.declareDestination(connection, true, name);
            found = functions.findDestination(connection, name);
        }
        if (destinations.size() >= MOST_REMEMBERED) {
            destinations.clear();
        }
        found.ifPresent(destination -> destinations.put(name, destination));
        return found.orElseThrow(() -> none("There is no destination '" + name + "'", "queue or topic"));
    }

    /**
     * Makes sure that there is a queue or topic of this name. It is looked up in the caller's transaction, which needs no
     * second connection then, and made in one of its own.
     *
     * @throws NotFoundException if there is none and none may be created, or it is of the other kind
     */
    FoundDestination require(boolean queue, String name) {
        Optional<FoundDestination> found = joinOrRun(connection -> functions.findDestination(connection, name));
        if (found.isEmpty() && mayCreate(name)) {
            found = run(connection -> {
                functions.declareDestination(connection, queue, name);
                return functions.findDestination(connection, name);
            });
        }
        String kind = queue ? "queue" : "topic";
        boolean other = found.isPresent();
        return found.filter(destination -> destination.queue() == queue)
                .orElseThrow(() -> other
                        ? new NotFoundException(
                                "'" + name + "' is not a " + kind + " but a " + (queue ? "topic" : "queue"))
                        : none("There is no " + kind + " '" + name + "'", kind));
    }

    /** A temporary destination that is gone does not come back as one that stays. */
    private boolean mayCreate(String name) {
        return missing == MissingDestination.CREATE && !name.startsWith("pgqueue.");
    }

    /**
     * The remembered id may be of a destination that was dropped and made again: when the call returns null, because there
     * is no such id, it is looked up once more.
     */
    <T> T withDestination(Connection connection, String name, DestinationCall<T> call) throws SQLException {
        for (int look = 0; look < 2; look++) {
            T result = call.run(destination(connection, name));
            if (result != null) {
                return result;
            }
            forget(name);
        }
        throw new NotFoundException("Destination '" + name + "' was dropped at this moment");
    }

    /** Null when the destination does not exist. */
    interface DestinationCall<T> {
        @Nullable
        T run(FoundDestination destination) throws SQLException;
    }

    void forget(String destination) {
        destinations.remove(destination);
    }

    /** The subscription of a queue (topic null), or a named one of a topic. */
    FoundSubscription subscription(@Nullable String topic, String name) {
        Optional<FoundSubscription> found = run(c -> functions.findSubscription(c, topic, name));
        if (found.isEmpty() && topic == null && mayCreate(name)) {
            require(true, name);
            found = run(c -> functions.findSubscription(c, null, name));
        }
        return found.orElseThrow(() -> noSubscription(topic, name));
    }

    /** The id of a subscription that is only looked at; one that belongs to a client id has that before its name. */
    int subscriptionId(@Nullable String topic, String name) {
        return topic == null || name.indexOf('/') < 0
                ? subscription(topic, name).id()
                : run(c -> functions.subscriptionId(c, topic, name));
    }

    /** @param topic the topic, null for a queue */
    static NotFoundException noSubscription(@Nullable String topic, String name) {
        return topic == null
                ? none("There is no queue '" + name + "'", "queue")
                : none("Topic '" + topic + "' has no subscription '" + name + "'", "subscription");
    }

    static NotFoundException noTopic(String name) {
        return none("There is no topic '" + name + "'", "topic");
    }

    private static NotFoundException none(String what, String kind) {
        return new NotFoundException(what + "; check the spelling (case matters), or declare the " + kind + " first");
    }

    private <T> T joinOrRun(SqlWork<T> work) {
        try {
            return transactions.joinOrStatement(work).value();
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    private <T> T run(SqlWork<T> work) {
        try {
            return transactions.statement(work);
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }
}
