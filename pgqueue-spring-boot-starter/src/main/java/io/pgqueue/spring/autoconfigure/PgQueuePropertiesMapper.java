// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.InvalidNameException;
import io.pgqueue.SchemaName;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.listener.ContainerOptions;
import java.time.Duration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/** Properties to what they configure; the only place that checks their ranges. */
final class PgQueuePropertiesMapper {

    private static final Duration LONGEST_MARGIN = Duration.ofSeconds(1);
    private static final int MARGIN_PART = 10;

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

    void configure(PgQueue.Builder builder) {
        builder.schema(schemaName().value());
        builder.maintenance(properties.getMaintenance().isEnabled());
        builder.pollInterval(between(
                "pgqueue.poll-interval", properties.getPollInterval(), Duration.ofMillis(100), Duration.ofSeconds(60)));
        builder.wakeupMerge(between(
                "pgqueue.wakeup.merge",
                properties.getWakeup().getMerge(),
                Duration.ofMillis(1),
                Duration.ofSeconds(1)));
    }

    /** @param shutdownPhase time that Spring waits for a phase of the shutdown */
    ContainerOptions containerOptions(Duration shutdownPhase) {
        PgQueueProperties.Listener listener = properties.getListener();
        return ContainerOptions.DEFAULT
                .withConcurrency(between("pgqueue.listener.concurrency", listener.getConcurrency(), 1, 1000))
                .withBatchSize(between("pgqueue.listener.batch-size", listener.getBatchSize(), 1, 1000))
                .withAckMode(listener.getAckMode())
                .withAutoStartup(listener.isAutoStartup())
                .withMaxProcessingTime(between(
                        "pgqueue.listener.max-processing-time",
                        listener.getMaxProcessingTime(),
                        Duration.ofSeconds(1),
                        Duration.ofHours(24)))
                .withShutdownTimeout(shutdownTimeout(listener, shutdownPhase));
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

    private static <T extends Comparable<? super T>> T between(String property, T value, T from, T to) {
        if (value.compareTo(from) < 0 || value.compareTo(to) > 0) {
            throw new InvalidConfigurationPropertyValueException(property, value, "It must be " + from + " to " + to);
        }
        return value;
    }
}
