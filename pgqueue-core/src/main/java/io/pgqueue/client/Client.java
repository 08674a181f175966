// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static io.pgqueue.client.Given.given;

import io.pgqueue.ConflictException;
import io.pgqueue.ConsumerSpec;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.SubscriptionKind;
import io.pgqueue.store.ClientFunctions;
import io.pgqueue.store.ClientFunctions.Opened;
import io.pgqueue.store.FilterPaths;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What lives as long as a connection of an application, such as one of Jakarta Messaging: a client id, consumers of
 * subscriptions of the four kinds, temporary destinations. It is entered in the database when the first of these is asked
 * for, so one that only sends costs nothing, and kept by the heartbeat of its {@link PgQueue}. When that fails for longer
 * than the lease (default 10 s), others may take over what it owned; then the client is lost and stays so.
 *
 * <p>Every call is a transaction of its own, whatever transaction the calling thread is in. Safe for use by several threads.
 */
public final class Client implements AutoCloseable {

    private final UUID id = UUID.randomUUID();
    private final Node node;
    private final ClientFunctions functions;
    private final Receivers receivers;
    private final Set<ActiveConsumer> consumers = ConcurrentHashMap.newKeySet();
    private final List<Runnable> onLost = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private boolean registered;
    private volatile @Nullable String clientId;
    private volatile boolean lost;
    private volatile boolean closed;

    Client(Node node, ClientFunctions functions, Receivers receivers) {
        this.node = node;
        this.functions = functions;
        this.receivers = receivers;
    }

    /** Unique for ever; who owns a temporary destination. */
    public UUID id() {
        return id;
    }

    public @Nullable String clientId() {
        return clientId;
    }

    /**
     * Takes a client id, which nobody else has until this client is closed or lost; once.
     *
     * @param clientId {@code [A-Za-z0-9._-]{1,128}}
     * @throws ConflictException if another live client has it, or this one has one already
     * @throws io.pgqueue.InvalidNameException if it is not a name
     */
    public void claimClientId(String clientId) {
        given("clientId", clientId);
        lock.lock();
        try {
            checkOpen();
            if (this.clientId != null) {
                throw new ConflictException("This client has the client id '" + this.clientId
                        + "' already; open another client for '" + clientId + "'");
            }
            node.register(this, clientId);
            registered = true;
            this.clientId = clientId;
        } finally {
            lock.unlock();
        }
    }

    /** Whether its lease ended, and with it whatever it owned. */
    public boolean lost() {
        return lost;
    }

    /** Runs the action when the client is lost, in the thread of the heartbeat: be quick. */
    public void onLost(Runnable action) {
        given("action", action);
        onLost.add(action);
        if (lost) {
            action.run();
        }
    }

    /**
     * Opens a consumer of a topic. Its subscription is made when it is missing. One that exists with another topic,
     * selection or noLocal is dropped with its messages and made anew, unless it has a consumer.
     *
     * @throws ConflictException if the subscription is unshared and has a consumer anywhere in the cluster; if it has one
     *     and another topic, selection or noLocal; if it is shared and asked for as unshared or the other way round
     * @throws NotFoundException if there is no such topic, it is a temporary one of another client, or it is temporary
     *     and a durable subscription is asked for
     * @throws InvalidArgumentException if it is {@link SubscriptionKind#DURABLE} and there is no client id
     * @throws io.pgqueue.InvalidFilterException if the selector or filter cannot be understood
     */
    public ActiveConsumer consume(ConsumerSpec spec) {
        given("spec", spec);
        FilterPaths paths = Filters.compile(spec.subscription());
        register();
        UUID consumer = UUID.randomUUID();
        Opened opened = node.run(connection -> functions.subscribe(connection, id, consumer, spec, paths));
        Receiver receiver = receivers.opened(
                opened,
                spec.subscription().name(),
                spec.subscription().topic(),
                ReceiverOptions.DEFAULT,
                spec.kind().durable());
        boolean marked = spec.noLocal() && spec.kind() == SubscriptionKind.UNSHARED;
        return opened(new ActiveConsumer(this, consumer, marked, receiver));
    }

    /** {@link #consume(String, ReceiverOptions)} with the settings of the queue. */
    public ActiveConsumer consume(String queue) {
        return consume(given("queue", queue), ReceiverOptions.DEFAULT);
    }

    /**
     * Opens a consumer of a queue.
     *
     * @throws NotFoundException if there is no such queue, or it is a temporary one of another client
     */
    public ActiveConsumer consume(String queue, ReceiverOptions options) {
        given("queue", queue);
        given("options", options);
        checkOpen();
        if (!receivers.isTemporary(queue)) {
            return opened(new ActiveConsumer(this, null, false, receivers.receiver(null, queue, options)));
        }
        register();
        UUID consumer = UUID.randomUUID();
        Opened opened = node.run(connection -> functions.consumeTemporary(connection, id, consumer, queue));
        return opened(
                new ActiveConsumer(this, consumer, false, receivers.opened(opened, queue, queue, options, false)));
    }

    /**
     * Ends a durable subscription of this client id (or without one, a shared one), and discards what waits in it.
     *
     * @throws ConflictException if it has a consumer, or messages that were received and not settled
     * @throws NotFoundException if there is none of that name
     */
    public void unsubscribe(String name) {
        given("name", name);
        checkOpen();
        node.run(connection -> {
            functions.unsubscribe(connection, clientId, name);
            return true;
        });
    }

    /** A queue that everybody may send to, only this client may consume from, and that ends with it; returns its name. */
    public String createTemporaryQueue() {
        return createTemporary(true);
    }

    /** As {@link #createTemporaryQueue}; its subscriptions are not durable. */
    public String createTemporaryTopic() {
        return createTemporary(false);
    }

    /**
     * @throws ConflictException if it has a consumer
     * @throws NotFoundException if it is not a temporary destination of this client
     */
    public void deleteTemporary(String name) {
        given("name", name);
        checkOpen();
        node.run(connection -> {
            functions.dropTemporary(connection, id, name);
            return true;
        });
    }

    /**
     * Marks of this client for the messages it sends ({@link io.pgqueue.OutgoingMessage.Builder#origin}), by which
     * subscriptions with noLocal leave them out. Empty unless it has a client id or a consumer with noLocal.
     */
    public Set<String> origin() {
        Set<String> marks = new LinkedHashSet<>();
        if (clientId != null) {
            marks.add(clientId);
        }
        if (consumers.stream().anyMatch(ActiveConsumer::noLocal)) {
            marks.add(id.toString());
        }
        return marks;
    }

    /** Ends its consumers, its temporary destinations and the hold of its client id. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            consumers.forEach(c -> c.receiver().close());
            node.close(this);
            consumers.clear();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "Client[" + id + (clientId == null ? "" : ", " + clientId) + "]";
    }

    void lose() {
        lost = true;
        consumers.forEach(c -> c.receiver().close());
        onLost.forEach(Runnable::run);
    }

    void close(ActiveConsumer consumer) {
        UUID row = consumer.id();
        if (consumers.remove(consumer) && row != null && !lost && !closed) {
            node.run(connection -> {
                functions.closeConsumer(connection, row);
                return true;
            });
        }
    }

    private ActiveConsumer opened(ActiveConsumer consumer) {
        consumers.add(consumer);
        if (lost || closed) {
            consumer.receiver().close();
        }
        return consumer;
    }

    private String createTemporary(boolean queue) {
        register();
        return node.run(connection -> functions.createTemporary(connection, id, queue));
    }

    private void register() {
        lock.lock();
        try {
            checkOpen();
            if (!registered) {
                node.register(this, null);
                registered = true;
            }
        } finally {
            lock.unlock();
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("The client is closed");
        }
        if (lost) {
            throw new ConflictException(
                    "The client was lost: it was not heard of for longer than its lease, and what it "
                            + "owned is free for others; close it and open another one");
        }
    }
}
