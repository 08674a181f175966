// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.wakeup;

import io.pgqueue.jdbc.CallListeners;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jdbc.Transactions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Carries hints to the consumers of other JVMs and back: one NOTIFY every few milliseconds at most, never in anybody's
 * transaction, and one connection that listens. Safe for use by several threads; {@link #close} ends both threads.
 */
public final class Wakeups implements AutoCloseable {

    private final NotifyThread notify;
    private final ListenThread listen;

    /** Opens a connection of its own, which must be PostgreSQL's, unpooled or never given back while in use. */
    @FunctionalInterface
    public interface ListenConnection {
        Connection open() throws SQLException;
    }

    /**
     * @param source connections to notify with
     * @param listeners told of each notification
     * @param listenConnection the connection that listens; behind a transaction-pooling proxy it must go to the server directly
     * @param schema name of the schema, which is part of the channel's
     * @param merge shortest time between two notifications
     * @param onHint called for each hint of another JVM
     * @param onConnect called after each (re)connect: whatever was notified before is lost, so look everywhere
     */
    public Wakeups(
            ConnectionSource source,
            CallListeners listeners,
            ListenConnection listenConnection,
            String schema,
            Duration merge,
            Consumer<Hint> onHint,
            Runnable onConnect) {
        String channel = "pgqueue_" + schema;
        String sender = UUID.randomUUID().toString();
        this.notify = new NotifyThread(new Transactions(source), listeners, channel, sender, merge);
        this.listen = new ListenThread(listenConnection, channel, sender, onHint, onConnect, notify::probe);
    }

    public void start() {
        notify.start();
        listen.start();
    }

    /** To be called after the commit. */
    public void send(Hint hint) {
        notify.add(hint);
    }

    /** Whether notifications of other JVMs arrive now; when not, polling finds everything all the same. */
    public boolean listening() {
        return listen.listening();
    }

    @Override
    public void close() {
        notify.close();
        listen.close();
    }
}
