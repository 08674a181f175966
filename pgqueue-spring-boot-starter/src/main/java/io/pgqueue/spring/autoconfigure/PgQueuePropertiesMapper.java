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
        String name = properties.getSchema().getName();
        try {
            return new SchemaName(name);
        } catch (InvalidNameException e) {
            throw new InvalidConfigurationPropertyValueException("pgqueue.schema.name", name, e.getMessage());
        }
    }

    void configure(PgQueueBuilder builder) {
        builder.schema(schemaName().value());
        builder.maintenance(properties.getMaintenance().isEnabled());
        builder.missingDestination(properties.getMissingDestination());
        builder.pollInterval(between(
                "pgqueue.poll-interval", properties.getPollInterval(), Duration.ofMillis(100), Duration.ofSeconds(60)));
        Duration slow = properties.getSlowCall();
        builder.slowCall(
                slow.isZero()
                        ? slow
                        : between("pgqueue.slow-call", slow, Duration.ofMillis(1), Duration.ofSeconds(60)));
        builder.wakeupMerge(between(
                "pgqueue.wakeup.merge",
                properties.getWakeup().getMerge(),
                Duration.ofMillis(1),
                Duration.ofSeconds(1)));
    }

    /** Zero for no watch. */
    Duration oldRowsHeld() {
        Duration held = properties.getOldRowsHeld();
        return held.isZero() ? held : between("pgqueue.old-rows-held", held, SECOND, Duration.ofHours(24));
    }

    /**
     * @param shutdownPhase time that Spring waits for a phase of the shutdown
     * @param errorHandler the application's, null for one by the properties
     */
    ContainerOptions.Builder configure(
            ContainerOptions.Builder options, Duration shutdownPhase, @Nullable ListenerErrorHandler errorHandler) {
        PgQueueProperties.Listener listener = properties.getListener();
        Integer fewest = listener.getMinConcurrency();
        int most = between("pgqueue.listener.concurrency", listener.getConcurrency(), 1, 1000);
        Duration longest = between(
                "pgqueue.listener.max-processing-time", listener.getMaxProcessingTime(), SECOND, Duration.ofHours(24));
        options.concurrency(fewest == null ? most : between("pgqueue.listener.min-concurrency", fewest, 1, most), most)
                .batchSize(between("pgqueue.listener.batch-size", listener.getBatchSize(), 1, 1000))
                .ackMode(listener.getAckMode())
                .autoStartup(listener.isAutoStartup())
                .maxProcessingTime(longest)
                .shutdownTimeout(shutdownTimeout(listener, shutdownPhase))
                .errorHandler(errorHandler == null ? classifier(listener.getFailures()) : errorHandler);
        Duration timeout = listener.getTransactionTimeout();
        if (timeout != null) {
            options.transactionTimeout(between("pgqueue.listener.transaction-timeout", timeout, SECOND, longest));
        }
        Duration idle = listener.getIdleEventInterval();
        if (idle != null) {
            options.idleEventInterval(
                    between("pgqueue.listener.idle-event-interval", idle, SECOND, Duration.ofHours(24)));
        }
        return options;
    }

    void configure(PgJmsConnectionFactory factory) {
        PgQueueProperties.Jms jms = properties.getJms();
        factory.setPrefetch(between("pgqueue.jms.prefetch", jms.getPrefetch(), 1, 1000));
        factory.setClientId(jms.getClientId());
        Duration lease = jms.getLease();
        if (lease != null) {
            factory.setLease(between("pgqueue.jms.lease", lease, SECOND, Duration.ofHours(12)));
        }
        factory.setRedeliveryDelay(jms.isRedeliveryBackoff() ? null : Duration.ZERO);
        factory.setObjectClasses(jms.getObjectClasses());
        factory.setAutoCreate(properties.getMissingDestination() == MissingDestination.CREATE);
    }

    private static FailureClassifier classifier(PgQueueProperties.Failures failures) {
        FailureClassifier classifier = FailureClassifier.DEFAULT;
        for (Class<? extends Throwable> type : failures.getDeadLetter()) {
            classifier = classifier.with(type, FailureDecision.DEAD_LETTER);
        }
        for (Class<? extends Throwable> type : failures.getDrop()) {
            classifier = classifier.with(type, FailureDecision.DROP);
        }
        for (Class<? extends Throwable> type : failures.getRetry()) {
            classifier = classifier.with(type, FailureDecision.RETRY);
        }
        return classifier;
    }

    /** Shorter than the phase, or Spring would take the database away from handlers that are being interrupted. */
    private static Duration shutdownTimeout(PgQueueProperties.Listener listener, Duration phase) {
        Duration given = listener.getShutdownTimeout();
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
