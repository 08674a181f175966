// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.client.MissingDestination;
import io.pgqueue.jdbc.JdbcUrl;
import io.pgqueue.spring.TemplateTransaction;
import io.pgqueue.spring.listener.AckMode;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Configuration of pgqueue. Values only: {@link PgQueuePropertiesMapper} gives them their meaning.
 *
 * @param enabled Whether pgqueue is used at all; when not, there is no template, and listeners do not run.
 * @param missingDestination What happens when a destination that is sent to, received from or listened to does not
 *     exist. Subscriptions, and topics of @PgListener, are never created.
 * @param changedDestination What happens when a bean declares a queue, topic or subscription that exists with other
 *     settings.
 * @param pollInterval Longest time after which a message is found without a wake-up; 100 ms to 60 s.
 * @param clientLease How long client ids, temporary destinations and non-durable subscriptions are kept for this
 *     application when it is not heard of, which is every third of this; 1 s to 5 min.
 * @param slowCall A call to the database that takes longer is warned of, maintenance and samples at ten times this; 1
 *     ms to 60 s, 0 for no warnings.
 * @param oldRowsHeld Who keeps deleted rows from being removed for longer is warned of and told by an event; 1 s to
 *     24 h, 0 for neither.
 */
@ConfigurationProperties("pgqueue")
record PgQueueProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("fail") MissingDestination missingDestination,
        @DefaultValue("fail") ChangedDestination changedDestination,
        @DefaultValue("1s") Duration pollInterval,
        @DefaultValue("10s") Duration clientLease,
        @DefaultValue("100ms") Duration slowCall,
        @DefaultValue("5m") Duration oldRowsHeld,
        @DefaultValue Schema schema,
        @DefaultValue Wakeup wakeup,
        @DefaultValue Maintenance maintenance,
        @DefaultValue Transaction transaction,
        @DefaultValue Template template,
        @DefaultValue Listener listener,
        @DefaultValue Jms jms) {

    /**
     * Where the tables and functions are.
     *
     * @param name Name of the schema that pgqueue lives in: lower-case letters, digits and _, at most 48 characters.
     * @param initialize What is done about the schema when the application starts.
     */
    record Schema(
            @DefaultValue("pgqueue") String name,
            @DefaultValue("always") SchemaInitialization initialize) {}

    /**
     * Hints between JVMs that something may be ready.
     *
     * @param enabled Whether to listen for wake-ups of other JVMs, on one connection outside the pool. Without,
     *     messages of other JVMs are found by polling.
     * @param url JDBC URL of the connection that listens; needed behind a transaction-pooling proxy, which LISTEN does
     *     not work through. Default is the URL of the DataSource.
     * @param username Database user of the connection that listens. Default is the user of the DataSource.
     * @param password Password of the connection that listens. Default is the password of the DataSource.
     * @param merge Shortest time between two notifications of this JVM; 1 ms to 1 s.
     */
    record Wakeup(
            @DefaultValue("true") boolean enabled,
            @Nullable String url,
            @Nullable String username,
            @Nullable String password,
            @DefaultValue("5ms") Duration merge) {

        /** Without the password, and without one in the URL. */
        @Override
        public String toString() {
            return "Wakeup[enabled=" + enabled + ", url=" + JdbcUrl.withoutCredentials(url) + ", username=" + username
                    + ", merge=" + merge + "]";
        }
    }

    /**
     * Housekeeping, done by one JVM at a time.
     *
     * @param enabled Whether this application takes part in the housekeeping of the database. At least one must.
     */
    record Maintenance(@DefaultValue("true") boolean enabled) {}

    /**
     * Which transaction manager listeners and templates work with.
     *
     * @param strict Whether the application does not start when none, or more than one without a preference, of its
     *     transaction managers manages the DataSource that pgqueue uses; otherwise that is warned of.
     */
    record Transaction(boolean strict) {}

    /**
     * The PgTemplate.
     *
     * @param transaction What sending does about the caller's transaction.
     * @param inheritConversation Whether messages sent by a handler inherit the correlation id of the one being
     *     handled, and carry its id as JMS_PGQ_CausationId.
     */
    record Template(
            @DefaultValue("supports") TemplateTransaction transaction,
            @DefaultValue("true") boolean inheritConversation) {}

    /**
     * What @PgListener methods do not say otherwise. A listener uses at most concurrency + 2 pooled connections.
     *
     * @param concurrency Number of deliveries that a listener handles at the same time; 1 to 1000.
     * @param minConcurrency Number of workers that are there even when there is nothing to do; 1 to concurrency.
     *     Default is concurrency.
     * @param batchSize Most deliveries that are leased at a time; 1 to 1000.
     * @param ackMode When a delivery that was handled without an error is acknowledged.
     * @param autoStartup Whether listeners start with the application.
     * @param maxProcessingTime Time that the lease of a running handler is renewed for, and timeout of its
     *     transaction; 1 s to 24 h.
     * @param shutdownTimeout Time that running handlers have to end when the application stops; then they are
     *     interrupted. Default is a little less than spring.lifecycle.timeout-per-shutdown-phase.
     * @param transactionTimeout Timeout of a handler's transaction; 1 s to max-processing-time, which is the default.
     * @param idleEventInterval Time without a delivery after which there is an event; 1 s to 24 h. Default is no
     *     event.
     * @param failures What becomes of a delivery, by the exception its handler threw.
     */
    record Listener(
            @DefaultValue("1") int concurrency,
            @Nullable Integer minConcurrency,
            @DefaultValue("50") int batchSize,
            @DefaultValue("transaction") AckMode ackMode,
            @DefaultValue("true") boolean autoStartup,
            @DefaultValue("10m") Duration maxProcessingTime,
            @Nullable Duration shutdownTimeout,
            @Nullable Duration transactionTimeout,
            @Nullable Duration idleEventInterval,
            @DefaultValue Failures failures) {}

    /**
     * Exceptions by what they mean; of the exception and its causes the closest to one of these decides.
     *
     * @param deadLetter Exceptions that make a dead letter at once, as class names.
     * @param drop Exceptions after which the delivery is dropped, as class names.
     * @param retry Exceptions that are retried although a superclass of theirs is not, as class names.
     */
    record Failures(
            @DefaultValue List<Class<? extends Throwable>> deadLetter,
            @DefaultValue List<Class<? extends Throwable>> drop,
            @DefaultValue List<Class<? extends Throwable>> retry) {}

    /**
     * Jakarta Messaging: the connection factory.
     *
     * @param enabled Whether there is a ConnectionFactory for Jakarta Messaging, if the application has no other.
     * @param prefetch Most messages that a consumer fetches ahead; 1 to 1000.
     * @param clientId Client id of the connections, so there can be one at a time: for applications with one
     *     connection only.
     * @param lease How long messages stay with a JVM that has died; 1 s to 12 h. Default is the lease of each queue or
     *     subscription.
     * @param redeliveryBackoff Whether a message that was rolled back waits as its queue or subscription says.
     *     Otherwise it comes again at once, in its place.
     * @param objectClasses Exact names of the classes that object messages may hold. Without any they are refused.
     */
    record Jms(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("50") int prefetch,
            @Nullable String clientId,
            @Nullable Duration lease,
            boolean redeliveryBackoff,
            @DefaultValue List<String> objectClasses) {}
}
