// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.SubscriptionSettings;
import io.pgqueue.client.PgQueue;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jdbc.Transactions;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of a factory share: the queue, the transactions of the caller to join, and the keeper. No database
 * connection is held here while nothing happens. Safe for use by several threads.
 */
final class PgJmsEngine {

    private static final int PING_SECONDS = 5;

    private final PgQueue queue;
    private final PgQueue independentQueue;
    private final ConnectionSource source;
    private final Transactions transactions;
    private final PgJmsSettings settings;
    private final PgJmsSerialization serialization;
    private final PgJmsCodec codec;
    private final PgJmsKeeper keeper;
    private final Runnable ending;
    private volatile boolean loggedIn;

    /** @param ending closes what was opened for this engine alone */
    PgJmsEngine(PgQueue queue, ConnectionSource source, PgJmsSettings settings, Runnable ending) {
        this.queue = queue;
        this.independentQueue = queue.independent();
        this.source = source;
        this.transactions = new Transactions(source);
        this.settings = settings;
        this.serialization = new PgJmsSerialization(settings.objectClasses());
        this.codec = new PgJmsCodec(serialization);
        this.keeper = new PgJmsKeeper(this::ping);
        this.ending = ending;
    }

    /** Joins the caller's transaction where there is one. */
    PgQueue queue() {
        return queue;
    }

    /** Never joins. */
    PgQueue independentQueue() {
        return independentQueue;
    }

    PgJmsSettings settings() {
        return settings;
    }

    PgJmsCodec codec() {
        return codec;
    }

    PgJmsSerialization serialization() {
        return serialization;
    }

    PgJmsKeeper keeper() {
        return keeper;
    }

    /** Whether the factory's own user was let in. */
    boolean isLoggedIn() {
        return loggedIn;
    }

    void loggedIn() {
        loggedIn = true;
    }

    /** Of subscriptions and destinations that come to be by being used. */
    SubscriptionSettings subscriptionSettings() {
        return SubscriptionSettings.DEFAULT.withRedelivery(
                SubscriptionSettings.DEFAULT.redelivery().withMaxAttempts(settings.maxDeliveryAttempts()));
    }

    /** How long a message that was rolled back waits; null for the backoff of its subscription. */
    @Nullable
    Duration redeliveryDelay() {
        return settings.redeliveryDelay();
    }

    /** @throws io.pgqueue.UnavailableException if the caller's connection does not answer */
    boolean inCallersTransaction() {
        try {
            return transactions.inCallersTransaction();
        } catch (SQLException e) {
            throw PgJmsErrors.unavailable(e);
        }
    }

    /**
     * Why the caller's transaction cannot be joined and what to do; null if it can be, or if there is none.
     *
     * @throws io.pgqueue.UnavailableException if the caller's connection does not answer
     */
    @Nullable
    String whyNotJoined() {
        try {
            return source.whyNotJoined();
        } catch (SQLException e) {
            throw PgJmsErrors.unavailable(e);
        }
    }

    /** Runs the action if the caller's transaction rolls back. */
    void afterRollback(Runnable action) {
        source.afterRollback(action);
    }

    /** Asks the database for an answer, on the caller's connection if there is one. */
    void ping() {
        try {
            transactions.joinOrStatement(connection -> {
                if (!connection.isValid(PING_SECONDS)) {
                    throw new SQLException("The connection is not valid", "08006");
                }
                return true;
            });
        } catch (SQLException e) {
            throw PgJmsErrors.unavailable(e);
        }
    }

    void close() {
        keeper.close();
        ending.run();
    }
}
