// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.pgqueue.ForbiddenException;
import io.pgqueue.SubscriptionMetrics;
import io.pgqueue.client.PgQueue;
import io.pgqueue.schema.SchemaMigrator;
import io.pgqueue.spring.listener.PgListenerContainer;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * DOWN when the database does not answer, when its schema is not one that this release works with, or when a listener
 * that starts by itself does not run. Messages that wait, dead letters and a broken wake-up connection are no reason:
 * taking nodes out of service makes none of them better. Safe for use by several threads.
 */
public final class PgQueueHealthIndicator extends AbstractHealthIndicator {

    private static final Logger LOG = LoggerFactory.getLogger(PgQueueHealthIndicator.class);

    private final PgQueue queue;
    private final @Nullable SchemaMigrator schema;
    private final @Nullable PgListenerEndpointRegistry registry;

    /**
     * @param schema checks the schema; null to find out only whether its functions answer, for a schema that others install
     * @param registry null in an application that only sends
     */
    public PgQueueHealthIndicator(
            PgQueue queue, @Nullable SchemaMigrator schema, @Nullable PgListenerEndpointRegistry registry) {
        super("pgqueue does not work");
        this.queue = queue;
        this.schema = schema;
        this.registry = registry;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        Collection<PgListenerContainer> containers = registry == null ? List.of() : registry.getListenerContainers();
        Map<String, ContainerState> states = new TreeMap<>();
        containers.forEach(container -> states.put(container.id(), ContainerState.of(container)));
        builder.withDetail("wakeup", queue.listening() ? "listening" : "polling");
        builder.withDetail("listeners", states);
        if (schema == null) {
            queue.admin().destinations("");
            builder.withDetail("schema", "answers");
        } else {
            schema.validate();
            builder.withDetail("schema", "fits");
        }
        if (!containers.isEmpty()) {
            describeMessages(builder, containers);
        }
        describeOldRows(builder);
        List<String> missing = containers.stream()
                .filter(container -> container.options().autoStartup() && !container.isRunning())
                .map(PgListenerContainer::id)
                .sorted()
                .toList();
        if (missing.isEmpty()) {
            builder.up();
        } else {
            builder.down().withDetail("notRunning", missing);
        }
    }

    /** What keeps deleted rows from being removed; a detail only, because no other node would be better off. */
    private void describeOldRows(Health.Builder builder) {
        try {
            queue.admin().horizon().stream().findFirst().ifPresent(holder -> {
                Map<String, Object> detail = new LinkedHashMap<>();
                detail.put("kind", holder.kind());
                detail.put("name", holder.name());
                if (holder.application() != null) {
                    detail.put("application", holder.application());
                }
                if (holder.databaseUser() != null) {
                    detail.put("user", holder.databaseUser());
                }
                if (holder.since() != null) {
                    detail.put("since", holder.since());
                }
                detail.put("deadRows", holder.deadRows());
                builder.withDetail("oldRowsHeldBy", detail);
            });
        } catch (ForbiddenException e) {
            LOG.debug("The health does not tell who holds old rows: {}", e.getMessage());
        }
    }

    /** By the last sample, which costs the same whatever waits. */
    private void describeMessages(Health.Builder builder, Collection<PgListenerContainer> containers) {
        Set<List<@Nullable String>> listened = containers.stream()
                .map(container -> Arrays.asList(
                        container.endpoint().topic(), container.endpoint().name()))
                .collect(Collectors.toSet());
        Map<String, Map<String, Object>> messages = new TreeMap<>();
        try {
            for (SubscriptionMetrics sample : queue.admin().metrics()) {
                if (sample.durable() && listened.contains(Arrays.asList(sample.topic(), sample.address()))) {
                    Duration oldest = sample.oldestReadyAge();
                    messages.put(
                            sample.topic() == null
                                    ? sample.subscription()
                                    : sample.topic() + "/" + sample.subscription(),
                            Map.of(
                                    "ready",
                                    sample.counts().ready(),
                                    "dead",
                                    sample.counts().dead(),
                                    "estimated",
                                    sample.estimated(),
                                    "oldestReadySeconds",
                                    oldest == null ? 0 : oldest.toSeconds()));
                }
            }
            builder.withDetail("messages", messages);
        } catch (ForbiddenException e) {
            // The database user of an application that only consumes need not be allowed to count.
            builder.withDetail("messages", "may not be counted");
        }
    }
}
