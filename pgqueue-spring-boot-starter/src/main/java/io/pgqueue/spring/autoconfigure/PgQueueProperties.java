// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.client.MissingDestination;
import io.pgqueue.spring.TemplateTransaction;
import io.pgqueue.spring.listener.AckMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/** Configuration of pgqueue. Values only: {@link PgQueuePropertiesMapper} gives them their meaning. */
@ConfigurationProperties("pgqueue")
public class PgQueueProperties {

    /**
     * Whether pgqueue is used at all; when not, there is no template, and listeners do not run.
     */
    private boolean enabled = true;

    /**
     * What happens when a destination that is sent to, received from or listened to does not exist. Subscriptions, and
     * topics of @PgListener, are never created.
     */
    private MissingDestination missingDestination = MissingDestination.FAIL;

    /**
     * What happens when a bean declares a queue, topic or subscription that exists with other settings.
     */
    private ChangedDestination changedDestination = ChangedDestination.FAIL;

    /**
     * Longest time after which a message is found without a wake-up; 100 ms to 60 s.
     */
    private Duration pollInterval = Duration.ofSeconds(1);

    /**
     * A call to the database that takes longer is warned of, maintenance and samples at ten times this; 1 ms to 60 s, 0
     * for no warnings.
     */
    private Duration slowCall = Duration.ofMillis(100);

    /**
     * Who keeps deleted rows from being removed for longer is warned of and told by an event; 1 s to 24 h, 0 for neither.
     */
    private Duration oldRowsHeld = Duration.ofMinutes(5);

    private final Schema schema = new Schema();
    private final Wakeup wakeup = new Wakeup();
    private final Maintenance maintenance = new Maintenance();
    private final Transaction transaction = new Transaction();
    private final Template template = new Template();
    private final Listener listener = new Listener();
    private final Jms jms = new Jms();

    public boolean isEnabled() {
        return enabled;
    }

    public void setEnabled(boolean enabled) {
        this.enabled = enabled;
    }

    public MissingDestination getMissingDestination() {
        return missingDestination;
    }

    public void setMissingDestination(MissingDestination missingDestination) {
        this.missingDestination = missingDestination;
    }

    public ChangedDestination getChangedDestination() {
        return changedDestination;
    }

    public void setChangedDestination(ChangedDestination changedDestination) {
        this.changedDestination = changedDestination;
    }

    public Duration getPollInterval() {
        return pollInterval;
    }

    public void setPollInterval(Duration pollInterval) {
        this.pollInterval = pollInterval;
    }

    public Duration getSlowCall() {
        return slowCall;
    }

    public void setSlowCall(Duration slowCall) {
        this.slowCall = slowCall;
    }

    public Duration getOldRowsHeld() {
        return oldRowsHeld;
    }

    public void setOldRowsHeld(Duration oldRowsHeld) {
        this.oldRowsHeld = oldRowsHeld;
    }

    public Schema getSchema() {
        return schema;
    }

    public Wakeup getWakeup() {
        return wakeup;
    }

    public Maintenance getMaintenance() {
        return maintenance;
    }

    public Transaction getTransaction() {
        return transaction;
    }

    public Template getTemplate() {
        return template;
    }

    public Listener getListener() {
        return listener;
    }

    public Jms getJms() {
        return jms;
    }

    /** Which transaction manager listeners and templates work with. */
    public static class Transaction {

        /**
         * Whether the application does not start when none, or more than one without a preference, of its transaction managers
         * manages the DataSource that pgqueue uses; otherwise that is warned of.
         */
        private boolean strict;

        public boolean isStrict() {
            return strict;
        }

        public void setStrict(boolean strict) {
            this.strict = strict;
        }
    }

    /** Where the tables and functions are. */
    public static class Schema {

        /**
         * Name of the schema that pgqueue lives in: lower-case letters, digits and _, at most 48 characters.
         */
        private String name = "pgqueue";

        /**
         * What is done about the schema when the application starts.
         */
        private SchemaInitialization initialize = SchemaInitialization.ALWAYS;

        public String getName() {
            return name;
        }

        public void setName(String name) {
            this.name = name;
        }

        public SchemaInitialization getInitialize() {
            return initialize;
        }

        public void setInitialize(SchemaInitialization initialize) {
            this.initialize = initialize;
        }
    }

    /** Hints between JVMs that something may be ready. */
    public static class Wakeup {

        /**
         * Whether to listen for wake-ups of other JVMs, on one connection outside the pool. Without, messages of other
         * JVMs are found by polling.
         */
        private boolean enabled = true;

        /**
         * JDBC URL of the connection that listens; needed behind a transaction-pooling proxy, which LISTEN does not work
         * through. Default is the URL of the DataSource.
         */
        private @Nullable String url;

        /**
         * Database user of the connection that listens. Default is the user of the DataSource.
         */
        private @Nullable String username;

        /**
         * Password of the connection that listens. Default is the password of the DataSource.
         */
        private @Nullable String password;

        /**
         * Shortest time between two notifications of this JVM; 1 ms to 1 s.
         */
        private Duration merge = Duration.ofMillis(5);

        public boolean isEnabled() {
            return enabled;
        }

        public void setEnabled(boolean enabled) {
            this.enabled = enabled;
        }

        public @Nullable String getUrl() {
            return url;
        }

        public void setUrl(@Nullable String url) {
            this.url = url;
        }

        public @Nullable String getUsername() {
            return username;
        }

        public void setUsername(@Nullable String username) {
            this.username = username;
        }

        public @Nullable String getPassword() {
            return password;
        }

        public void setPassword(@Nullable String password) {
            this.password = password;
        }

        public Duration getMerge() {
            return merge;
        }

        public void setMerge(Duration merge) {
            this.merge = merge;
        }
    }

    /** Housekeeping, done by one JVM at a time. */
    public static class Maintenance {

        /**
         * Whether this application takes part in the housekeeping of the database. At least one must.
         */
        private boolean enabled = true;

        public boolean isEnabled() {
            return enabled;
        }

        public void setEnabled(boolean enabled) {
            this.enabled = enabled;
        }
    }

    /** The PgTemplate. */
    public static class Template {

        /**
         * What sending does about the caller's transaction.
         */
        private TemplateTransaction transaction = TemplateTransaction.SUPPORTS;

        /**
         * Whether messages sent by a handler inherit the correlation id of the one being handled, and carry its id as
         * JMS_PGQ_CausationId.
         */
        private boolean inheritConversation = true;

        public boolean isInheritConversation() {
            return inheritConversation;
        }

        public void setInheritConversation(boolean inheritConversation) {
            this.inheritConversation = inheritConversation;
        }

        public TemplateTransaction getTransaction() {
            return transaction;
        }

        public void setTransaction(TemplateTransaction transaction) {
            this.transaction = transaction;
        }
    }

    /** What @PgListener methods do not say otherwise. A listener uses at most concurrency + 2 pooled connections. */
    public static class Listener {

        /**
         * Number of deliveries that a listener handles at the same time; 1 to 1000.
         */
        private int concurrency = 1;

        /**
         * Number of workers that are there even when there is nothing to do; 1 to concurrency. Default is concurrency.
         */
        private @Nullable Integer minConcurrency;

        /**
         * Most deliveries that are leased at a time; 1 to 1000.
         */
        private int batchSize = 50;

        /**
         * When a delivery that was handled without an error is acknowledged.
         */
        private AckMode ackMode = AckMode.TRANSACTION;

        /**
         * Whether listeners start with the application.
         */
        private boolean autoStartup = true;

        /**
         * Time that the lease of a running handler is renewed for, and timeout of its transaction; 1 s to 24 h.
         */
        private Duration maxProcessingTime = Duration.ofMinutes(10);

        /**
         * Time that running handlers have to end when the application stops; then they are interrupted. Default is a
         * little less than spring.lifecycle.timeout-per-shutdown-phase.
         */
        private @Nullable Duration shutdownTimeout;

        /**
         * Timeout of a handler's transaction; 1 s to max-processing-time, which is the default.
         */
        private @Nullable Duration transactionTimeout;

        /**
         * Time without a delivery after which there is an event; 1 s to 24 h. Default is no event.
         */
        private @Nullable Duration idleEventInterval;

        /**
         * What becomes of a delivery, by the exception its handler threw.
         */
        private final Failures failures = new Failures();

        public Failures getFailures() {
            return failures;
        }

        public @Nullable Integer getMinConcurrency() {
            return minConcurrency;
        }

        public void setMinConcurrency(@Nullable Integer minConcurrency) {
            this.minConcurrency = minConcurrency;
        }

        public @Nullable Duration getTransactionTimeout() {
            return transactionTimeout;
        }

        public void setTransactionTimeout(@Nullable Duration transactionTimeout) {
            this.transactionTimeout = transactionTimeout;
        }

        public @Nullable Duration getIdleEventInterval() {
            return idleEventInterval;
        }

        public void setIdleEventInterval(@Nullable Duration idleEventInterval) {
            this.idleEventInterval = idleEventInterval;
        }

        public int getConcurrency() {
            return concurrency;
        }

        public void setConcurrency(int concurrency) {
            this.concurrency = concurrency;
        }

        public int getBatchSize() {
            return batchSize;
        }

        public void setBatchSize(int batchSize) {
            this.batchSize = batchSize;
        }

        public AckMode getAckMode() {
            return ackMode;
        }

        public void setAckMode(AckMode ackMode) {
            this.ackMode = ackMode;
        }

        public boolean isAutoStartup() {
            return autoStartup;
        }

        public void setAutoStartup(boolean autoStartup) {
            this.autoStartup = autoStartup;
        }

        public Duration getMaxProcessingTime() {
            return maxProcessingTime;
        }

        public void setMaxProcessingTime(Duration maxProcessingTime) {
            this.maxProcessingTime = maxProcessingTime;
        }

        public @Nullable Duration getShutdownTimeout() {
            return shutdownTimeout;
        }

        public void setShutdownTimeout(@Nullable Duration shutdownTimeout) {
            this.shutdownTimeout = shutdownTimeout;
        }
    }

    /** Exceptions by what they mean; of the exception and its causes the closest to one of these decides. */
    public static class Failures {

        /**
         * Exceptions that make a dead letter at once, as class names.
         */
        private List<Class<? extends Throwable>> deadLetter = new ArrayList<>();

        /**
         * Exceptions after which the delivery is dropped, as class names.
         */
        private List<Class<? extends Throwable>> drop = new ArrayList<>();

        /**
         * Exceptions that are retried although a superclass of theirs is not, as class names.
         */
        private List<Class<? extends Throwable>> retry = new ArrayList<>();

        public List<Class<? extends Throwable>> getDeadLetter() {
            return deadLetter;
        }

        public void setDeadLetter(List<Class<? extends Throwable>> deadLetter) {
            this.deadLetter = deadLetter;
        }

        public List<Class<? extends Throwable>> getDrop() {
            return drop;
        }

        public void setDrop(List<Class<? extends Throwable>> drop) {
            this.drop = drop;
        }

        public List<Class<? extends Throwable>> getRetry() {
            return retry;
        }

        public void setRetry(List<Class<? extends Throwable>> retry) {
            this.retry = retry;
        }
    }

    /** Jakarta Messaging: the connection factory. */
    public static class Jms {

        /**
         * Whether there is a ConnectionFactory for Jakarta Messaging, if the application has no other.
         */
        private boolean enabled = true;

        /**
         * Most messages that a consumer fetches ahead; 1 to 1000.
         */
        private int prefetch = 50;

        /**
         * Client id of the connections, so there can be one at a time: for applications with one connection only.
         */
        private @Nullable String clientId;

        /**
         * How long messages stay with a JVM that has died; 1 s to 12 h. Default is the lease of each queue or
         * subscription.
         */
        private @Nullable Duration lease;

        /**
         * Whether a message that was rolled back waits as its queue or subscription says. Otherwise it comes again at
         * once, in its place.
         */
        private boolean redeliveryBackoff;

        /**
         * Exact names of the classes that object messages may hold. Without any they are refused.
         */
        private List<String> objectClasses = new ArrayList<>();

        public boolean isEnabled() {
            return enabled;
        }

        public void setEnabled(boolean enabled) {
            this.enabled = enabled;
        }

        public int getPrefetch() {
            return prefetch;
        }

        public void setPrefetch(int prefetch) {
            this.prefetch = prefetch;
        }

        public @Nullable String getClientId() {
            return clientId;
        }

        public void setClientId(@Nullable String clientId) {
            this.clientId = clientId;
        }

        public @Nullable Duration getLease() {
            return lease;
        }

        public void setLease(@Nullable Duration lease) {
            this.lease = lease;
        }

        public boolean isRedeliveryBackoff() {
            return redeliveryBackoff;
        }

        public void setRedeliveryBackoff(boolean redeliveryBackoff) {
            this.redeliveryBackoff = redeliveryBackoff;
        }

        public List<String> getObjectClasses() {
            return objectClasses;
        }

        public void setObjectClasses(List<String> objectClasses) {
            this.objectClasses = objectClasses;
        }
    }
}
