// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.PgQueueException;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueBuilder;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.jdbc.DriverConnectionSource;
import io.pgqueue.jdbc.JdbcUrl;
import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueConnectionFactory;
import jakarta.jms.TopicConnection;
import jakarta.jms.TopicConnectionFactory;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.time.Duration;
import java.util.Collection;
import java.util.Enumeration;
import java.util.Hashtable;
import java.util.Properties;
import javax.naming.Context;
import javax.naming.Name;
import javax.naming.NamingException;
import javax.naming.RefAddr;
import javax.naming.Reference;
import javax.naming.Referenceable;
import javax.naming.StringRefAddr;
import javax.naming.spi.ObjectFactory;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The entrance of Jakarta Messaging 3.1: connections to the queues and topics in a PostgreSQL database. Made from a
 * {@link DataSource}, or from a JDBC URL; the schema must be installed there. Connections are cheap: they hold no database
 * connection, but borrow one for each operation.
 *
 * <p>Settings are made before the first connection is created; after that the factory is safe for use by several threads.
 * It can be bound in JNDI, and serialised, when it was made from a URL; both then carry its password.
 */
public class PgJmsConnectionFactory
        implements ConnectionFactory,
                QueueConnectionFactory,
                TopicConnectionFactory,
                Referenceable,
                ObjectFactory,
                Serializable,
                AutoCloseable {

    /** Session mode: {@code Message.acknowledge} acknowledges that message alone. Beyond the specification. */
    public static final int INDIVIDUAL_ACKNOWLEDGE = 101;

    private static final long serialVersionUID = 1L;

    private static final String PREFIX = "pgqueue.";

    private final PgJmsSettings settings = new PgJmsSettings();
    private final Properties properties = new Properties();
    private final transient @Nullable DataSource dataSource;
    private final transient @Nullable PgQueue queue;
    private final transient @Nullable ConnectionSource source;
    private final transient PgJmsEngines engines = new PgJmsEngines(this::startEngine);

    /** For JNDI and bean containers; {@link #setUrl} must follow. */
    public PgJmsConnectionFactory() {
        this(null, null, null);
    }

    /**
     * For applications with a pool of their own. Transactions of the caller are not joined, since plain JDBC knows of none.
     */
    public PgJmsConnectionFactory(DataSource dataSource) {
        this(dataSource, null, null);
    }

    /** With a small pool of its own ({@link #setMaxConnections}). */
    public PgJmsConnectionFactory(String url) {
        this(url, new Properties());
    }

    /**
     * With a small pool of its own.
     *
     * @param properties those that begin with {@code pgqueue.} are settings of this factory, such as
     *     {@code pgqueue.prefetch}; the others go to the driver
     * @throws IllegalArgumentException if a setting does not exist or is out of range
     */
    public PgJmsConnectionFactory(String url, Properties properties) {
        this(null, null, null);
        settings.set(PgJmsSettings.URL, url);
        for (String name : properties.stringPropertyNames()) {
            String value = properties.getProperty(name);
            if (name.startsWith(PREFIX)) {
                settings.set(name.substring(PREFIX.length()), value);
            } else if (PgJmsSettings.USER.equals(name) || PgJmsSettings.PASSWORD.equals(name)) {
                settings.set(name, value);
            } else {
                this.properties.setProperty(name, value);
            }
        }
    }

    /**
     * On a queue that the application uses otherwise too, so that both wake each other's consumers. Sends and
     * acknowledgements join the transactions the source knows of. Closing the factory leaves the queue open; settings of
     * the queue (schema, polling, wake-ups, clients) are not this factory's then.
     *
     * @param source the one the queue was built with
     */
    public PgJmsConnectionFactory(PgQueue queue, ConnectionSource source) {
        this(null, queue, source);
    }

    private PgJmsConnectionFactory(
            @Nullable DataSource dataSource, @Nullable PgQueue queue, @Nullable ConnectionSource source) {
        this.dataSource = dataSource;
        this.queue = queue;
        this.source = source;
    }

    private PgJmsEngine startEngine() {
        PgJmsSettings now = new PgJmsSettings(settings);
        if (queue != null && source != null) {
            return new PgJmsEngine(queue, source, now, () -> {});
        }
        String url = now.text(PgJmsSettings.URL);
        if (dataSource == null && url == null) {
            throw new IllegalStateException("The connection factory has neither a DataSource nor a URL: set one");
        }
        ConnectionSource connections = dataSource != null
                ? new DataSourceConnectionSource(dataSource)
                : new DriverConnectionSource(url(), driverProperties(), now.maxConnections());
        PgQueueBuilder builder =
                PgQueue.builder(connections).pollInterval(now.pollInterval()).clientLease(now.clientLease());
        String schema = now.text(PgJmsSettings.SCHEMA);
        if (schema != null) {
            builder.schema(schema);
        }
        if (url != null && now.wakeups()) {
            builder.listenOn(url, driverProperties());
        }
        PgQueue started = builder.build();
        return new PgJmsEngine(started, connections, now, () -> {
            started.close();
            if (connections instanceof DriverConnectionSource ours) {
                ours.close();
            }
        });
    }

    private String url() {
        String url = settings.text(PgJmsSettings.URL);
        if (url == null) {
            throw new IllegalStateException("The connection factory has no URL");
        }
        return url;
    }

    private Properties driverProperties() {
        return driverProperties(settings.text(PgJmsSettings.USER), settings.text(PgJmsSettings.PASSWORD));
    }

    private Properties driverProperties(@Nullable String user, @Nullable String password) {
        Properties all = new Properties();
        all.setProperty("tcpKeepAlive", "true");
        all.putAll(properties);
        if (user != null) {
            all.setProperty("user", user);
        }
        if (password != null) {
            all.setProperty("password", password);
        }
        return all;
    }

    @Override
    public Connection createConnection() throws JMSException {
        return createConnection(null, null);
    }

    /** @throws jakarta.jms.JMSSecurityException if the database refuses user or password, or they cannot be checked */
    @Override
    public Connection createConnection(@Nullable String user, @Nullable String password) throws JMSException {
        return connect(user, password, PgJmsConnection::new);
    }

    @Override
    public QueueConnection createQueueConnection() throws JMSException {
        return createQueueConnection(null, null);
    }

    @Override
    public QueueConnection createQueueConnection(@Nullable String user, @Nullable String password) throws JMSException {
        return connect(user, password, PgJmsQueueConnection::new);
    }

    @Override
    public TopicConnection createTopicConnection() throws JMSException {
        return createTopicConnection(null, null);
    }

    @Override
    public TopicConnection createTopicConnection(@Nullable String user, @Nullable String password) throws JMSException {
        return connect(user, password, PgJmsTopicConnection::new);
    }

    @Override
    public JMSContext createContext() {
        return createContext(null, null, JMSContext.AUTO_ACKNOWLEDGE);
    }

    @Override
    public JMSContext createContext(@Nullable String user, @Nullable String password) {
        return createContext(user, password, JMSContext.AUTO_ACKNOWLEDGE);
    }

    @Override
    public JMSContext createContext(int mode) {
        return createContext(null, null, mode);
    }

    @Override
    public JMSContext createContext(@Nullable String user, @Nullable String password, int mode) {
        return PgJmsUnchecked.get(() -> {
            PgJmsConnection connection = connect(user, password, PgJmsConnection::new);
            try {
                return new PgJmsContext(connection, mode);
            } catch (JMSException | RuntimeException e) {
                connection.close();
                throw e;
            }
        });
    }

    private <C extends PgJmsConnection> C connect(@Nullable String user, @Nullable String password, Connecting<C> kind)
            throws JMSException {
        PgJmsEngine engine = engines.acquire();
        C connection;
        try {
            check(engine, user, password);
            connection = kind.connect(engine, engines::release);
        } catch (PgQueueException e) {
            engines.release();
            throw PgJmsErrors.of(e);
        } catch (JMSException | RuntimeException e) {
            engines.release();
            throw e;
        }
        String clientId = settings.text(PgJmsSettings.CLIENT_ID);
        if (clientId != null) {
            try {
                connection.configuredClientId(clientId);
            } catch (JMSException e) {
                connection.close();
                throw e;
            }
        }
        return connection;
    }

    /**
     * Those of the factory itself once for all connections, some applications make one for each message. A transaction of the
     * caller proves them too: it must not need a second connection, or as many threads as the pool has block each other.
     */
    private void check(PgJmsEngine engine, @Nullable String user, @Nullable String password) throws JMSException {
        PgJmsCredentials credentials = new PgJmsCredentials(this::login);
        if (user != null) {
            credentials.check(user, password);
        } else if (!engine.isLoggedIn() && !engine.inCallersTransaction()) {
            credentials.check(null, null);
            engine.loggedIn();
        }
    }

    /** Without a user the factory's own, or the pool's. */
    private java.sql.Connection login(@Nullable String user, @Nullable String password) throws java.sql.SQLException {
        String asked = user == null ? settings.text(PgJmsSettings.USER) : user;
        String with = user == null ? settings.text(PgJmsSettings.PASSWORD) : password;
        if (dataSource != null) {
            return asked == null ? dataSource.getConnection() : dataSource.getConnection(asked, with);
        }
        if (source != null) {
            if (asked != null) {
                throw new java.sql.SQLFeatureNotSupportedException("The connections are the application's own");
            }
            return source.open();
        }
        return JdbcUrl.connect(url(), driverProperties(asked, with));
    }

    /**
     * Ends what its connections shared, if they are closed; without this it ends by itself a few seconds after the last one.
     * The factory can be used again.
     */
    @Override
    public void close() {
        engines.close();
    }

    /**
     * Says why a message that a transacted session received could not be handled, before that session is rolled back: its
     * dead letter will have the exception then. For containers that receive messages and call listeners themselves; a
     * {@link jakarta.jms.MessageListener} that throws has said it already. Messages of other providers are left alone.
     */
    public static void failed(Message message, Throwable failure) {
        if (message instanceof PgJmsMessage ours) {
            ours.failed(failure);
        }
    }

    public @Nullable String getUrl() {
        return settings.text(PgJmsSettings.URL);
    }

    /** JDBC URL of the database. Beside a DataSource: where to listen for wake-ups, past any pooling proxy. */
    public void setUrl(@Nullable String url) {
        settings.set(PgJmsSettings.URL, url);
    }

    public @Nullable String getUser() {
        return settings.text(PgJmsSettings.USER);
    }

    /** Database user of connections that are created without one; default none: then the URL's or the pool's. */
    public void setUser(@Nullable String user) {
        settings.set(PgJmsSettings.USER, user);
    }

    public void setPassword(@Nullable String password) {
        settings.set(PgJmsSettings.PASSWORD, password);
    }

    public @Nullable String getClientId() {
        return settings.text(PgJmsSettings.CLIENT_ID);
    }

    /** Client id of every connection, so there can be one at a time (section 6.1.2); default none. */
    public void setClientId(@Nullable String clientId) {
        settings.set(PgJmsSettings.CLIENT_ID, clientId);
    }

    /** Schema that pgqueue is installed in; default {@code pgqueue}. */
    public void setSchema(@Nullable String schema) {
        settings.set(PgJmsSettings.SCHEMA, schema);
    }

    /** Most messages a consumer fetches ahead, 1 to 1000, 4 MiB of bodies at most; default 50, 1 for none. */
    public void setPrefetch(int prefetch) {
        settings.set(PgJmsSettings.PREFETCH, Integer.toString(prefetch));
    }

    /**
     * How long messages stay ours when this JVM dies, 1 s to 12 h; renewed for as long as it lives. Default null: the time
     * of each queue or subscription.
     */
    public void setLease(@Nullable Duration lease) {
        settings.set(PgJmsSettings.LEASE, lease == null ? null : Long.toString(lease.toMillis()));
    }

    /**
     * After so many deliveries without acknowledgement a message becomes a dead letter; 0 for never, at most 1000, default
     * 5. Of queues and subscriptions that come to be through this factory; others have their own.
     */
    public void setMaxDeliveryAttempts(int attempts) {
        settings.set(PgJmsSettings.MAX_DELIVERY_ATTEMPTS, Integer.toString(attempts));
    }

    /**
     * How long a message waits after rollback, recover or a failed listener; default 0, which keeps its place. Null: the
     * backoff of its subscription. Then later messages overtake it.
     */
    public void setRedeliveryDelay(@Nullable Duration delay) {
        settings.set(
                PgJmsSettings.REDELIVERY_DELAY, delay == null ? PgJmsSettings.POLICY : Long.toString(delay.toMillis()));
    }

    /** Whether unknown queues and topics are created when they are used; default false. */
    public void setAutoCreate(boolean autoCreate) {
        settings.set(PgJmsSettings.AUTO_CREATE, Boolean.toString(autoCreate));
    }

    /** Without a wake-up messages are found within this time; 0.1 to 60 s, default 1 s. */
    public void setPollInterval(Duration interval) {
        settings.set(PgJmsSettings.POLL_INTERVAL, Long.toString(interval.toMillis()));
    }

    /**
     * How long client ids, temporary destinations and non-durable subscriptions of connections stay theirs when this JVM is
     * not heard of, 1 s to 5 minutes, default 10 s; then others may have them.
     */
    public void setClientLease(Duration lease) {
        settings.set(PgJmsSettings.CLIENT_LEASE, Long.toString(lease.toMillis()));
    }

    /** Whether a connection of its own listens for messages of other JVMs, when there is a URL; default true. */
    public void setWakeups(boolean wakeups) {
        settings.set(PgJmsSettings.WAKEUPS, Boolean.toString(wakeups));
    }

    /** Size of the pool when there is only a URL, 1 to 1000, default 10. */
    public void setMaxConnections(int connections) {
        settings.set(PgJmsSettings.MAX_CONNECTIONS, Integer.toString(connections));
    }

    /** Exact names of the classes that object messages may hold; default none, which turns them off. */
    public void setObjectClasses(Collection<String> names) {
        settings.set(PgJmsSettings.OBJECT_CLASSES, String.join(",", names));
    }

    /** @throws NamingException if the factory was not made from a URL */
    @Override
    public Reference getReference() throws NamingException {
        if (!isPortable()) {
            throw new NamingException("Only a factory with a URL and nothing else can be bound");
        }
        Reference reference =
                new Reference(PgJmsConnectionFactory.class.getName(), PgJmsConnectionFactory.class.getName(), null);
        settings.all().forEach((name, value) -> reference.add(new StringRefAddr(PREFIX + name, value)));
        properties.stringPropertyNames().forEach(n -> reference.add(new StringRefAddr(n, properties.getProperty(n))));
        return reference;
    }

    /** Makes a factory of a reference that {@link #getReference} made; null for other objects. */
    @Override
    public @Nullable Object getObjectInstance(
            @Nullable Object object,
            @Nullable Name name,
            @Nullable Context context,
            @Nullable Hashtable<?, ?> environment) {
        if (!(object instanceof Reference reference)
                || !PgJmsConnectionFactory.class.getName().equals(reference.getClassName())) {
            return null;
        }
        Properties all = new Properties();
        for (Enumeration<RefAddr> entries = reference.getAll(); entries.hasMoreElements(); ) {
            RefAddr entry = entries.nextElement();
            all.setProperty(entry.getType(), String.valueOf(entry.getContent()));
        }
        return new PgJmsConnectionFactory(String.valueOf(all.remove(PREFIX + PgJmsSettings.URL)), all);
    }

    private boolean isPortable() {
        return dataSource == null && queue == null && settings.text(PgJmsSettings.URL) != null;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
        if (!isPortable()) {
            throw new NotSerializableException("A connection factory with a DataSource; make it from a URL");
        }
        out.defaultWriteObject();
    }

    /** What is not written comes to be in a constructor. */
    private Object readResolve() {
        Properties all = new Properties();
        all.putAll(properties);
        settings.all().forEach((name, value) -> all.setProperty(PREFIX + name, value));
        return new PgJmsConnectionFactory(url(), all);
    }

    /** Kind of connections and settings, without secrets. */
    @Override
    public String toString() {
        return "PgJmsConnectionFactory[" + (dataSource != null ? "DataSource, " : queue != null ? "PgQueue, " : "")
                + settings + "]";
    }

    private interface Connecting<C extends PgJmsConnection> {
        C connect(PgJmsEngine engine, Runnable closed);
    }
}
