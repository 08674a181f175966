// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/**
 * A named claim on a topic's future messages. What it gets is decided when a message is published, by a selector or by a
 * filter, not both; without either it gets everything.
 *
 * @param topic the topic
 * @param name {@code [A-Za-z0-9._-]{1,128}}, unique among all subscriptions
 * @param selector condition over properties and headers in the language of Jakarta Messaging 3.1, section 3.8.1
 * @param filter jsonpath predicate over the properties
 * @param settings how its deliveries are treated
 */
public record SubscriptionSpec(
        String topic,
        String name,
        @Nullable String selector,
        @Nullable String filter,
        SubscriptionSettings settings) {

    public SubscriptionSpec {
        Limits.reference("topic", topic);
        Limits.name("subscription", name);
        if (selector != null && filter != null) {
            throw Limits.invalid("filter", "'" + filter + "'", "absent when there is a selector");
        }
    }

    public static SubscriptionSpec of(String topic, String name) {
        return new SubscriptionSpec(topic, name, null, null, SubscriptionSettings.DEFAULT);
    }

    /** For example {@code color = 'red' AND weight > 2.5}; parsed when the subscription is declared. */
    public SubscriptionSpec withSelector(@Nullable String selector) {
        return new SubscriptionSpec(topic, name, selector, filter, settings);
    }

    /** For example {@code $."color" == "red"}. A missing property makes the predicate unknown, which is no match. */
    public SubscriptionSpec withFilter(@Nullable String jsonpath) {
        return new SubscriptionSpec(topic, name, selector, jsonpath, settings);
    }

    public SubscriptionSpec withSettings(SubscriptionSettings settings) {
        return new SubscriptionSpec(topic, name, selector, filter, settings);
    }
}
