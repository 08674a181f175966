// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.wakeup;

import io.pgqueue.jdbc.JdbcUrl;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on one connection, for ever: when it dies, a new one is opened, and every consumer looks everywhere once,
 * because what was notified in between is lost. Waits are finite, since a half-open socket would otherwise block for ever
 * (pgjdbc issue 1144).
 */
final class ListenThread {

    private static final Logger LOG = LoggerFactory.getLogger(ListenThread.class);

    private static final int WAIT_MS = 500;
    private static final int PING_EVERY_WAITS = 20;
    private static final int PING_TIMEOUT_S = 5;
    private static final long FIRST_RETRY_MS = 100;
    private static final long LONGEST_RETRY_MS = 5_000;

    private final Wakeups.ListenConnection factory;
    private final String channel;
    private final String sender;
    private final Consumer<Hint> onHint;
    private final Runnable onConnect;
    private final Runnable probe;
    private final Thread thread = new Thread(this::run, "pgqueue-listen");
    private volatile boolean closed;
    private volatile boolean listening;
    private volatile @Nullable Connection current;

    ListenThread(
            Wakeups.ListenConnection factory,
            String channel,
            String sender,
            Consumer<Hint> onHint,
            Runnable onConnect,
            Runnable probe) {
        this.factory = factory;
        this.channel = channel;
        this.sender = sender;
        this.onHint = onHint;
        this.onConnect = onConnect;
        this.probe = probe;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    boolean listening() {
        return listening;
    }

    void close() {
        closed = true;
        thread.interrupt();
        Connection open = current;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                LOG.debug("Closing the listening connection failed: {}", e.getMessage());
            }
        }
    }

    private void run() {
        long retry = FIRST_RETRY_MS;
        boolean failing = false;
        while (!closed) {
            try (Connection connection = factory.open()) {
                current = connection;
                listen(connection);
                retry = FIRST_RETRY_MS;
                if (failing) {
                    failing = false;
                    LOG.info("The connection that listens for wake-ups is back");
                }
                onConnect.run();
                probe.run();
                receive(connection, connection.unwrap(PGConnection.class));
            } catch (SQLException | RuntimeException | Error e) {
                // Once per outage, which may last for hours.
                if (!closed && !failing) {
                    failing = true;
                    LOG.warn(
                            "The connection that listens for wake-ups failed ({}); polling until it is back",
                            JdbcUrl.withoutCredentials(e.getMessage()));
                }
            }
            listening = false;
            retry = pause(retry);
        }
    }

    private long pause(long retry) {
        if (!closed) {
            try {
                TimeUnit.MILLISECONDS.sleep(retry);
            } catch (InterruptedException e) {
                closed = true;
            }
        }
        return Math.min(2 * retry, LONGEST_RETRY_MS);
    }

    private void listen(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.setAutoCommit(true);
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute("listen \"" + channel + "\"");
        }
    }

    private void receive(Connection connection, PGConnection notifications) throws SQLException {
        int waits = 0;
        boolean warned = false;
        while (!closed) {
            PGNotification[] received = notifications.getNotifications(WAIT_MS);
            if (received != null && received.length > 0) {
                listening = true;
                for (PGNotification notification : received) {
                    if (!HintText.sender(notification.getParameter()).equals(sender)) {
                        HintText.read(notification.getParameter()).forEach(onHint);
                    }
                }
                continue;
            }
            waits++;
            if (waits % PING_EVERY_WAITS == 0) {
                if (!connection.isValid(PING_TIMEOUT_S)) {
                    throw new SQLException("it does not answer any more");
                }
                if (!listening && !warned) {
                    warned = true;
                    LOG.warn(
                            "A test notification did not arrive: LISTEN does not work through a transaction-pooling proxy. "
                                    + "Give pgqueue a URL that goes to the server directly; until then it polls");
                }
            }
        }
    }
}
