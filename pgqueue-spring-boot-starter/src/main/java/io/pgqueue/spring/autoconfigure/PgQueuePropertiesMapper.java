// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.InvalidNameException;
import io.pgqueue.SchemaName;
import io.pgqueue.client.MissingDestination;
import io.pgqueue.client.PgQueueBuilder;
import io.pgqueue.jms.PgJmsConnectionFactory;
import io.pgqueue.spring.listener.ContainerOptions;
import io.pgqueue.spring.listener.FailureClassifier;
import io.pgqueue.spring.listener.FailureDecision;
import io.pgqueue.spring.listener.ListenerErrorHandler;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/** Properties to what they configure; the only place that checks their ranges. */
final class PgQueuePropertiesMapper {

    private static final Duration LONGEST_MARGIN = Duration.ofSeconds(1);
    private static final int MARGIN_PART = 10;
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final PgQueueProperties properties;

    PgQueuePropertiesMapper(PgQueueProperties properties) {
        this.properties = properties;
    }

    SchemaName schemaName() {
        String name = properties.schema().name();
        try {
            return new SchemaName(name);
        } catch (InvalidNameException e) {
            throw new InvalidConfigurationPropertyValueException("pgqueue.schema.name", name, e.getMessage());
        }
    }

    void configure(PgQueueBuilder builder) {
        builder.schema(schemaName().value());
        builder.maintenance(properties.maintenance().enabled());
        builder.missingDestination(properties.missingDestination());
        builder.pollInterval(between(
                "pgqueue.poll-interval", properties.pollInterval(), Duration.ofMillis(100), Duration.ofSeconds(60)));
        builder.clientLease(between("pgqueue.client-lease", properties.clientLease(), SECOND, Duration.ofMinutes(5)));
        Duration slow = properties.slowCall();
        builder.slowCall(
                slow.isZero()
                        ? slow
                        : between("pgqueue.slow-call", slow, Duration.ofMillis(1), Duration.ofSeconds(60)));
        builder.wakeupMerge(between(
                "pgqueue.wakeup.merge", properties.wakeup().merge(), Duration.ofMillis(1), Duration.ofSeconds(1)));
    }

    /** Zero for no watch. */
    Duration oldRowsHeld() {
        Duration held = properties.oldRowsHeld();
        return held.isZero() ? held : between("pgqueue.old-rows-held", held, SECOND, Duration.ofHours(24));
    }

    /**
     * @param shutdownPhase time that Spring waits for a phase of the shutdown
     * @param errorHandler the application's, null for one by the properties
     */
    ContainerOptions.Builder configure(
            ContainerOptions.Builder options, Duration shutdownPhase, @Nullable ListenerErrorHandler errorHandler) {
        PgQueueProperties.Listener listener = properties.listener();
        Integer fewest = listener.minConcurrency();
        int most = between("pgqueue.listener.concurrency", listener.concurrency(), 1, 1000);
        Duration longest = between(
                "pgqueue.listener.max-processing-time", listener.maxProcessingTime(), SECOND, Duration.ofHours(24));
        options.concurrency(fewest == null ? most : between("pgqueue.listener.min-concurrency", fewest, 1, most), most)
                .batchSize(between("pgqueue.listener.batch-size", listener.batchSize(), 1, 1000))
                .ackMode(listener.ackMode())
                .autoStartup(listener.autoStartup())
                .maxProcessingTime(longest)
                .shutdownTimeout(shutdownTimeout(listener, shutdownPhase))
                .errorHandler(errorHandler == null ? classifier(listener.failures()) : errorHandler);
        Duration timeout = listener.transactionTimeout();
        if (timeout != null) {
            options.transactionTimeout(between("pgqueue.listener.transaction-timeout", timeout, SECOND, longest));
        }
        Duration idle = listener.idleEventInterval();
        if (idle != null) {
            options.idleEventInterval(
                    between("pgqueue.listener.idle-event-interval", idle, SECOND, Duration.ofHours(24)));
        }
        return options;
    }

    void configure(PgJmsConnectionFactory factory) {
        PgQueueProperties.Jms jms = properties.jms();
        factory.setPrefetch(between("pgqueue.jms.prefetch", jms.prefetch(), 1, 1000));
        factory.setClientId(jms.clientId());
        Duration lease = jms.lease();
        if (lease != null) {
            factory.setLease(between("pgqueue.jms.lease", lease, SECOND, Duration.ofHours(12)));
        }
        factory.setRedeliveryDelay(jms.redeliveryBackoff() ? null : Duration.ZERO);
        factory.setObjectClasses(jms.objectClasses());
        factory.setAutoCreate(properties.missingDestination() == MissingDestination.CREATE);
    }

    private static FailureClassifier classifier(PgQueueProperties.Failures failures) {
        FailureClassifier classifier = FailureClassifier.DEFAULT;
        for (Class<? extends Throwable> type : failures.deadLetter()) {
            classifier = classifier.with(type, FailureDecision.DEAD_LETTER);
        }
        for (Class<? extends Throwable> type : failures.drop()) {
            classifier = classifier.with(type, FailureDecision.DROP);
        }
        for (Class<? extends Throwable> type : failures.retry()) {
            classifier = classifier.with(type, FailureDecision.RETRY);
        }
        return classifier;
    }

    /** Shorter than the phase, or Spring would take the database away from handlers that are being interrupted. */
    private static Duration shutdownTimeout(PgQueueProperties.Listener listener, Duration phase) {
        Duration given = listener.shutdownTimeout();
        if (given != null) {
            return between("pgqueue.listener.shutdown-timeout", given, Duration.ZERO, Duration.ofHours(1));
        }
        Duration margin = phase.dividedBy(MARGIN_PART);
        Duration timeout = phase.minus(margin.compareTo(LONGEST_MARGIN) < 0 ? margin : LONGEST_MARGIN);
        return timeout.compareTo(Duration.ofHours(1)) > 0 ? Duration.ofHours(1) : timeout;
    }

    static <T extends Comparable<? super T>> T between(String property, T value, T from, T to) {
        if (value.compareTo(from) < 0 || value.compareTo(to) > 0) {
            throw new InvalidConfigurationPropertyValueException(property, value, "It must be " + from + " to " + to);
        }
        return value;
    }
}
