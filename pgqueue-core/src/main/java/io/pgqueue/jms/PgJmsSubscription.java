// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.ConflictException;
import io.pgqueue.ConsumerSpec;
import io.pgqueue.NotFoundException;
import io.pgqueue.PgQueueException;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.client.ActiveConsumer;
import io.pgqueue.client.Client;
import io.pgqueue.client.ReceiverOptions;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSException;
import jakarta.jms.Topic;
import org.jspecify.annotations.Nullable;

/**
 * What a consumer consumes from: a queue, or a subscription of one of the four kinds (Jakarta Messaging 3.1, sections 4.2,
 * 8.3). Immutable.
 *
 * @param spec null for a queue
 */
record PgJmsSubscription(
        PgJmsDestination destination,
        @Nullable String selector,
        boolean noLocal,
        @Nullable ConsumerSpec spec) {

    /** {@code noLocal} means nothing for queues (section 8.3.1). */
    static PgJmsSubscription queue(PgJmsDestination queue, @Nullable String selector) {
        return new PgJmsSubscription(queue, selector, false, null);
    }

    static PgJmsSubscription unshared(PgJmsDestination topic, @Nullable String selector, boolean noLocal)
            throws JMSException {
        return topic(topic, selector, noLocal, name -> ConsumerSpec.unshared(name));
    }

    static PgJmsSubscription shared(Topic topic, String name, @Nullable String selector) throws JMSException {
        return topic(PgJmsDestinations.ours(topic), selector, false, t -> ConsumerSpec.shared(t, checked(name)));
    }

    /** @throws IllegalStateException if there is no client id (section 8.3.3) */
    static PgJmsSubscription durable(
            Topic topic, String name, @Nullable String selector, boolean noLocal, @Nullable String clientId)
            throws JMSException {
        PgJmsDestination ours = lasting(topic);
        if (clientId == null) {
            throw new IllegalStateException(
                    "A durable subscription that is not shared needs a client id: set it on the connection or its factory");
        }
        return topic(ours, selector, noLocal, t -> ConsumerSpec.durable(t, checked(name)));
    }

    static PgJmsSubscription sharedDurable(Topic topic, String name, @Nullable String selector) throws JMSException {
        return topic(lasting(topic), selector, false, t -> ConsumerSpec.sharedDurable(t, checked(name)));
    }

    private static PgJmsSubscription topic(
            PgJmsDestination topic, @Nullable String selector, boolean noLocal, Kind kind) throws JMSException {
        if (!topic.isTopic()) {
            throw new InvalidDestinationException("The " + topic + " is not a topic");
        }
        try {
            ConsumerSpec spec = kind.of(topic.name()).withSelector(selector).withNoLocal(noLocal);
            return new PgJmsSubscription(topic, selector, noLocal, spec);
        } catch (PgQueueException e) {
            throw PgJmsErrors.withCause(new JMSException(e.getMessage()), e);
        }
    }

    private static PgJmsDestination lasting(Topic topic) throws JMSException {
        PgJmsDestination ours = PgJmsDestinations.ours(topic);
        if (ours.isTemporary()) {
            throw new InvalidDestinationException("A durable subscription cannot be of a " + ours);
        }
        return ours;
    }

    private static String checked(@Nullable String name) throws JMSException {
        if (name == null || name.isEmpty()) {
            throw new JMSException("The name of the subscription is null or empty, must be given");
        }
        return name;
    }

    /** Null for none; blank means none too, but is shown as given. */
    @Nullable
    String givenSelector() {
        return selector == null || selector.isEmpty() ? null : selector;
    }

    /** @throws PgQueueException if that is not possible, or the database does not answer */
    ActiveConsumer open(PgJmsConnection connection) {
        PgJmsSettings settings = connection.engine().settings();
        Client client = connection.owner().client();
        ReceiverOptions options = ReceiverOptions.DEFAULT.withLease(settings.lease());
        if (spec == null) {
            return client.consume(destination.name(), options.withSelector(selector));
        }
        SubscriptionSettings made = connection.engine().subscriptionSettings();
        return client.consume(spec.withSettings(settings.lease() == null ? made : made.withLease(settings.lease())));
    }

    /**
     * Section 4.2.4.
     *
     * @throws IllegalStateException if it has a consumer or unacknowledged messages
     * @throws InvalidDestinationException if there is none of that name
     */
    static void end(PgJmsConnection connection, String name) throws JMSException {
        connection.use();
        try {
            connection.owner().client().unsubscribe(name);
        } catch (ConflictException e) {
            throw PgJmsErrors.withCause(new IllegalStateException(e.getMessage()), e);
        } catch (NotFoundException e) {
            throw PgJmsErrors.withCause(new InvalidDestinationException(e.getMessage()), e);
        } catch (PgQueueException e) {
            connection.link().failed(e);
            throw PgJmsErrors.of(e);
        }
    }

    private interface Kind {
        ConsumerSpec of(String topic) throws JMSException;
    }
}
