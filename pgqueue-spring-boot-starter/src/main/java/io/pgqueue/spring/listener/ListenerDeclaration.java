// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.ConflictException;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.NotFoundException;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.client.PgQueueAdmin;
import org.jspecify.annotations.Nullable;

/**
 * Declares the queue or subscription of a listener that says what it must be: it is made when it is missing; of one that is
 * there, what the listener says must be so, and what it does not say may be anything.
 */
final class ListenerDeclaration {

    private final PgQueueAdmin admin;
    private final PgListenerEndpoint endpoint;
    private final @Nullable String deadLetterQueue;

    ListenerDeclaration(PgQueueAdmin admin, PgListenerEndpoint endpoint, @Nullable String deadLetterQueue) {
        this.admin = admin;
        this.endpoint = endpoint;
        this.deadLetterQueue = deadLetterQueue;
    }

    /**
     * @throws ConflictException if it exists and differs
     * @throws NotFoundException if there is no such topic or queue for dead letters
     */
    void declare() {
        String topic = endpoint.topic();
        try {
            if (deadLetterQueue != null && !admin.isQueue(deadLetterQueue).orElse(false)) {
                throw new NotFoundException("There is no queue '" + deadLetterQueue
                        + "' for its dead letters; check the spelling (case matters), or declare the queue first");
            }
            if (topic != null && (deadLetterQueue != null || !endpoint.filter().isNone())) {
                admin.declareSubscription(subscription(topic));
            } else if (topic == null && deadLetterQueue != null) {
                admin.declareQueue(queue());
            }
        } catch (ConflictException e) {
            throw new ConflictException("The " + endpoint + " cannot start. " + e.getMessage(), e);
        } catch (NotFoundException e) {
            throw new NotFoundException("The " + endpoint + " cannot start. " + e.getMessage(), e);
        } catch (InvalidFilterException e) {
            throw new InvalidFilterException("The " + endpoint + " cannot start. " + e.getMessage(), e);
        }
    }

    private QueueSpec queue() {
        QueueSpec base;
        try {
            base = admin.queue(endpoint.name());
        } catch (NotFoundException e) {
            base = QueueSpec.of(endpoint.name());
        }
        return base.withSettings(settings(base.settings()));
    }

    private SubscriptionSpec subscription(String topic) {
        SubscriptionSpec base;
        try {
            base = admin.subscription(topic, endpoint.name());
        } catch (NotFoundException e) {
            base = SubscriptionSpec.of(topic, endpoint.name());
        }
        SubscriptionSpec wanted = base.withSettings(settings(base.settings()));
        ListenerFilter filter = endpoint.filter();
        return filter.isNone()
                ? wanted
                : wanted.withSelector(filter.selector())
                        .withAttributeFilter(filter.attributes())
                        .withBodyFilter(filter.body());
    }

    private SubscriptionSettings settings(SubscriptionSettings base) {
        return deadLetterQueue == null
                ? base
                : base.withDeadLetters(base.deadLetters().withQueue(deadLetterQueue));
    }
}
