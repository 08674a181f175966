// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.pgqueue.DeadLetter;
import io.pgqueue.NotFoundException;
import io.pgqueue.Redrive;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueAdmin;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

/**
 * Actuator endpoint {@code pgqueue}. Counts are exact and taken when asked for; bodies, properties and headers of messages
 * are never shown. Safe for use by several threads.
 */
@Endpoint(id = "pgqueue")
public final class PgQueueEndpoint {

    private static final int DEAD_LETTERS = 20;
    private static final int MOST_DEAD_LETTERS = 1000;

    private final PgQueue queue;
    private final @Nullable PgListenerEndpointRegistry registry;
    private final Set<Action> allowed;

    /**
     * @param registry null in an application that only sends
     * @param allowed what may be done through the endpoint; reading always may
     */
    public PgQueueEndpoint(PgQueue queue, @Nullable PgListenerEndpointRegistry registry, Set<Action> allowed) {
        this.queue = queue;
        this.registry = registry;
        this.allowed = Set.copyOf(allowed);
    }

    /** What can be done to a subscription, on all nodes. */
    public enum Action {
        /** Nothing is leased any more; running handlers finish, publishing goes on. */
        PAUSE,
        RESUME,
        /** All dead letters go back to the end of the queue. */
        REDRIVE,
        /** What waits is discarded; dead letters and what is being handled stay. */
        PURGE
    }

    /**
     * Destinations of the database, and listeners of this application.
     *
     * @param after the destinations behind this name, null for the first page; a page has 1000
     */
    @ReadOperation
    public Overview overview(@Nullable String after) {
        return new Overview(
                admin().destinations(after == null ? "" : after),
                registry == null
                        ? List.of()
                        : registry.getListenerContainers().stream()
                                .map(ListenerView::of)
                                .toList());
    }

    /** A destination and its subscriptions with their counts; null, so 404, if there is none. */
    @ReadOperation
    public @Nullable DestinationView destination(@Selector String destination) {
        return admin().isQueue(destination)
                .map(isQueue -> new DestinationView(
                        destination,
                        isQueue ? "queue" : "topic",
                        isQueue
                                ? List.of(counted(null, destination))
                                : admin().subscriptions(destination, "").stream()
                                        .map(SubscriptionSpec::name)
                                        .map(name -> counted(destination, name))
                                        .toList()))
                .orElse(null);
    }

    /**
     * A subscription with its counts and oldest dead letters; null, so 404, if there is none.
     *
     * @param subscription for a queue, its name once more
     * @param deadLetters most dead letters shown, 0 to 1000, default 20
     */
    @ReadOperation
    public @Nullable SubscriptionView subscription(
            @Selector String destination, @Selector String subscription, @Nullable Integer deadLetters) {
        int limit = deadLetters == null ? DEAD_LETTERS : deadLetters;
        if (limit < 0 || limit > MOST_DEAD_LETTERS) {
            throw refused("deadLetters is " + limit + ", must be 0 to " + MOST_DEAD_LETTERS);
        }
        try {
            String topic = topic(destination, subscription);
            return new SubscriptionView(
                    counted(topic, subscription),
                    limit == 0
                            ? List.of()
                            : admin().deadLetters(topic, subscription).list(limit).stream()
                                    .map(DeadLetterView::of)
                                    .toList());
        } catch (NotFoundException e) {
            return null;
        }
    }

    /**
     * @param subscription for a queue, its name once more
     * @param action pause, resume, redrive or purge
     * @return how many messages that moved or discarded; null, so 404, if there is no such subscription
     */
    @WriteOperation
    public @Nullable Done act(@Selector String destination, @Selector String subscription, Action action) {
        if (!allowed.contains(action)) {
            String name = action.name().toLowerCase(Locale.ROOT);
            throw refused("Action '" + name + "' is not allowed here; set pgqueue.endpoint.allow-" + name
                    + "=true in the application that should allow it");
        }
        try {
            return new Done(action, messages(topic(destination, subscription), subscription, action));
        } catch (NotFoundException e) {
            return null;
        }
    }

    private long messages(@Nullable String topic, String name, Action action) {
        return switch (action) {
            case PAUSE -> {
                admin().pause(topic, name);
                yield 0;
            }
            case RESUME -> {
                admin().resume(topic, name);
                yield 0;
            }
            case REDRIVE -> admin().deadLetters(topic, name).redrive(Redrive.ALL);
            case PURGE -> admin().purge(topic, name, false);
        };
    }

    /** As the admin API wants it: null for a queue. */
    private @Nullable String topic(String destination, String subscription) {
        boolean isQueue = admin().isQueue(destination)
                .orElseThrow(() -> new NotFoundException("There is no destination '" + destination + "'"));
        if (isQueue && !destination.equals(subscription)) {
            throw new NotFoundException("The subscription of queue '" + destination + "' has the queue's name");
        }
        return isQueue ? null : destination;
    }

    private Counted counted(@Nullable String topic, String name) {
        return new Counted(name, admin().stats(topic, name));
    }

    private PgQueueAdmin admin() {
        return queue.admin();
    }

    private static InvalidEndpointRequestException refused(String reason) {
        return new InvalidEndpointRequestException(reason, reason);
    }

    public record Overview(List<String> destinations, List<ListenerView> listeners) {}

    /** @param kind queue or topic */
    public record DestinationView(String name, String kind, List<Counted> subscriptions) {}

    public record Counted(String name, SubscriptionStats messages) {}

    /** @param deadLetters the oldest first */
    public record SubscriptionView(Counted subscription, List<DeadLetterView> deadLetters) {}

    /** @param error class of the last error; its message may quote the body, so it is not shown */
    public record DeadLetterView(
            UUID messageId,
            Instant deadAt,
            String reason,
            @Nullable String error,
            int attempts,
            int bodyBytes) {

        static DeadLetterView of(DeadLetter dead) {
            return new DeadLetterView(
                    dead.messageId(),
                    dead.deadAt(),
                    dead.reason(),
                    dead.failure().errorClass(),
                    dead.attempts(),
                    dead.bodyBytes());
        }
    }

    /** @param messages how many it moved or discarded */
    public record Done(Action action, long messages) {}
}
