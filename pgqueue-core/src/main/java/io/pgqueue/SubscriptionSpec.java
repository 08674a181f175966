// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/**
 * A named claim on a topic's future messages.
 *
 * @param topic the topic
 * @param name {@code [A-Za-z0-9._-]{1,128}}, unique among all subscriptions
 * @param filter jsonpath predicate over the properties that decides at publish which messages it gets; null for all
 * @param settings how its deliveries are treated
 */
public record SubscriptionSpec(
        String topic, String name, @Nullable String filter, SubscriptionSettings settings) {

    public SubscriptionSpec {
        Limits.name("topic", topic);
        Limits.name("subscription", name);
    }

    public static SubscriptionSpec of(String topic, String name) {
        return new SubscriptionSpec(topic, name, null, SubscriptionSettings.DEFAULT);
    }

    /** For example {@code $."color" == "red"}. A missing property makes the predicate unknown, which is no match. */
    public SubscriptionSpec withFilter(@Nullable String jsonpath) {
        return new SubscriptionSpec(topic, name, jsonpath, settings);
    }

    public SubscriptionSpec withSettings(SubscriptionSettings settings) {
        return new SubscriptionSpec(topic, name, filter, settings);
    }
}
