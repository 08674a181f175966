// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.jdbc.SqlWork;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.ClientFunctions;
import io.pgqueue.store.SqlErrors;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This JVM as the database knows it: one lease for all its clients, renewed by one small statement at a third of its time,
 * and ten times as often while that fails, in a thread of its own that is started with the first client. Safe for use by
 * several threads.
 */
final class Node {

    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    /** A database that comes back late must not cost the lease because the next heartbeat is far. */
    private static final int RETRIES = 10;

    private final UUID id = UUID.randomUUID();
    private final Transactions transactions;
    private final ClientFunctions functions;
    private final Duration lease;
    private final Map<UUID, Client> clients = new ConcurrentHashMap<>();
    private @Nullable ScheduledExecutorService thread;
    private volatile boolean failing;

    Node(Transactions transactions, ClientFunctions functions, Duration lease) {
        this.transactions = transactions;
        this.functions = functions;
        this.lease = lease;
    }

    /** Enters the client, or gives one that is entered its client id. */
    void register(Client client, @Nullable String clientId) {
        run(connection -> {
            functions.register(connection, id, client.id(), clientId, lease);
            return true;
        });
        clients.put(client.id(), client);
        startHeartbeat();
    }

    void close(Client client) {
        if (clients.remove(client.id()) != null) {
            run(connection -> {
                functions.close(connection, client.id());
                return true;
            });
        }
    }

    /** In a transaction of its own, never the caller's: others must see at once who is there. */
    <T> T run(SqlWork<T> work) {
        try {
            return transactions.transaction(work);
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }

    /** Ends the thread and the clients that are still open. */
    void close() {
        synchronized (clients) {
            if (thread != null) {
                thread.shutdownNow();
            }
        }
        for (Client client : List.copyOf(clients.values())) {
            try {
                client.close();
            } catch (RuntimeException e) {
                LOG.info("Client {} could not be closed and ends with its lease: {}", client.id(), e.getMessage());
            }
        }
    }

    private void startHeartbeat() {
        synchronized (clients) {
            if (thread == null) {
                thread = Executors.newSingleThreadScheduledExecutor(task -> {
                    Thread heartbeat = new Thread(task, "pgqueue-heartbeat");
                    heartbeat.setDaemon(true);
                    return heartbeat;
                });
                scheduleBeat(thread);
            }
        }
    }

    private void scheduleBeat(ScheduledExecutorService heartbeat) {
        long interval = lease.toMillis() / 3;
        try {
            heartbeat.schedule(
                    () -> {
                        beat();
                        scheduleBeat(heartbeat);
                    },
                    failing ? interval / RETRIES : interval,
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            LOG.trace("No heartbeat any more", closed);
        }
    }

    private void beat() {
        List<Client> before = List.copyOf(clients.values());
        if (before.isEmpty()) {
            return;
        }
        try {
            Set<UUID> alive = transactions.statement(connection -> functions.heartbeat(connection, id, lease));
            failing = false;
            for (Client client : before) {
                if (!alive.contains(client.id()) && clients.remove(client.id(), client)) {
                    LOG.warn(
                            "Client {} was not heard of for longer than its lease of {} and lost what it owned",
                            client.id(),
                            lease);
                    client.lose();
                }
            }
        } catch (SQLException | RuntimeException | Error e) {
            if (!failing) {
                LOG.warn("The lease of this JVM could not be renewed, which is tried again: {}", e.getMessage());
            }
            failing = true;
        }
    }
}
