// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.NotFoundException;
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

    private final Transactions transactions;
    private final AdminFunctions functions;
    private final Map<String, FoundDestination> destinations = new ConcurrentHashMap<>();

    Directory(Transactions transactions, AdminFunctions functions) {
        this.transactions = transactions;
        this.functions = functions;
    }

    /** Looked up on the given connection, so that a destination created in its transaction is found. */
    FoundDestination destination(Connection connection, String name) throws SQLException {
        FoundDestination known = destinations.get(name);
        if (known != null) {
            return known;
        }
        FoundDestination found = functions
                .findDestination(connection, name)
                .orElseThrow(() -> new NotFoundException("There is no destination '" + name
                        + "'; check the spelling (case " + "matters), or declare the queue or topic first"));
        destinations.put(name, found);
        return found;
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
        Optional<FoundSubscription> found;
        try {
            found = transactions.statement(c -> functions.findSubscription(c, topic, name));
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
        return found.orElseThrow(() -> new NotFoundException(
                topic == null
                        ? "There is no queue '" + name
                                + "'; check the spelling (case matters), or declare the queue first"
                        : "Topic '" + topic + "' has no subscription '" + name
                                + "'; check the spelling (case matters), or " + "declare the subscription first"));
    }
}
