// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import org.jspecify.annotations.Nullable;

/**
 * A named claim on a topic's future messages. What it gets is decided when a message is published: what meets all of its
 * filters, everything when it has none. The texts of filters are kept as given, and parsed when the subscription is
 * declared.
 *
 * @param topic the topic
 * @param name {@code [A-Za-z0-9._-]{1,128}}, unique among all subscriptions. {@code client-id/name} is one that belongs to a client
 *     id: it can be found and altered, but not declared, because its consumers make it
 * @param selector condition over properties and headers in the language of Jakarta Messaging 3.1, section 3.8.1
 * @param attributeFilter values that properties must have, as JSON: {@code {"color":["red","blue"]}}
 * @param bodyFilter values that fields of a JSON body must have, in the same form
 * @param settings how its deliveries are treated
 */
public record SubscriptionSpec(
        String topic,
        String name,
        @Nullable String selector,
        @Nullable String attributeFilter,
        @Nullable String bodyFilter,
        SubscriptionSettings settings) {

    public SubscriptionSpec {
        Limits.reference("topic", topic);
        Limits.address("subscription", name);
        Limits.filter("selector", selector);
        Limits.filter("attributeFilter", attributeFilter);
        Limits.filter("bodyFilter", bodyFilter);
    }

    public static SubscriptionSpec of(String topic, String name) {
        return new SubscriptionSpec(topic, name, null, null, null, SubscriptionSettings.DEFAULT);
    }

    /** For example {@code color = 'red' AND weight > 2.5}. */
    public SubscriptionSpec withSelector(@Nullable String selector) {
        return new SubscriptionSpec(topic, name, selector, attributeFilter, bodyFilter, settings);
    }

    /** For example {@code {"color": ["red", "blue"], "size": [1]}}. */
    public SubscriptionSpec withAttributeFilter(@Nullable String json) {
        return new SubscriptionSpec(topic, name, selector, json, bodyFilter, settings);
    }

    /** For example {@code {"type": ["created"], "/customer/country": ["CH"]}}. */
    public SubscriptionSpec withBodyFilter(@Nullable String json) {
        return new SubscriptionSpec(topic, name, selector, attributeFilter, json, settings);
    }

    public SubscriptionSpec withSettings(SubscriptionSettings settings) {
        return new SubscriptionSpec(topic, name, selector, attributeFilter, bodyFilter, settings);
    }
}
