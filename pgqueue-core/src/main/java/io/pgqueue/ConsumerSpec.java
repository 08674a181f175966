// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A consumer of a topic: the subscription to consume from, made when it is missing.
 *
 * @param kind of which kind it is
 * @param subscription topic, name, selection and settings; the settings count when it is made
 * @param noLocal leave out messages sent by the same client, or, for a durable one, under the same client id; only for
 *     unshared kinds
 */
public record ConsumerSpec(SubscriptionKind kind, SubscriptionSpec subscription, boolean noLocal) {

    public ConsumerSpec {
        Limits.name("subscription", subscription.name());
        if (noLocal && kind.shared()) {
            throw Limits.invalid("noLocal", "true", "false for a shared subscription");
        }
    }

    /** {@link SubscriptionKind#UNSHARED}: it has a name that nobody else has. */
    public static ConsumerSpec unshared(String topic) {
        return new ConsumerSpec(
                SubscriptionKind.UNSHARED,
                SubscriptionSpec.of(topic, UUID.randomUUID().toString()),
                false);
    }

    /** {@link SubscriptionKind#SHARED}. */
    public static ConsumerSpec shared(String topic, String name) {
        return new ConsumerSpec(SubscriptionKind.SHARED, SubscriptionSpec.of(topic, name), false);
    }

    /** {@link SubscriptionKind#DURABLE}: the client needs a client id. */
    public static ConsumerSpec durable(String topic, String name) {
        return new ConsumerSpec(SubscriptionKind.DURABLE, SubscriptionSpec.of(topic, name), false);
    }

    /** {@link SubscriptionKind#SHARED_DURABLE}. */
    public static ConsumerSpec sharedDurable(String topic, String name) {
        return new ConsumerSpec(SubscriptionKind.SHARED_DURABLE, SubscriptionSpec.of(topic, name), false);
    }

    public ConsumerSpec withSelector(@Nullable String selector) {
        return new ConsumerSpec(kind, subscription.withSelector(selector), noLocal);
    }

    public ConsumerSpec withSettings(SubscriptionSettings settings) {
        return new ConsumerSpec(kind, subscription.withSettings(settings), noLocal);
    }

    public ConsumerSpec withNoLocal(boolean noLocal) {
        return new ConsumerSpec(kind, subscription, noLocal);
    }
}
