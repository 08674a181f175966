// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.selector.AttributeFilter;
import io.pgqueue.selector.BodyFilter;
import io.pgqueue.selector.MessageFilter;
import io.pgqueue.selector.Selector;
import io.pgqueue.selector.SelectorSyntaxException;
import io.pgqueue.spring.listener.ListenerFilter;
import io.pgqueue.spring.listener.PgListenerContainer;
import io.pgqueue.spring.listener.PgListenerEndpoint;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What somebody says a queue, topic or subscription is.
 *
 * @param by the bean or listener
 * @param of the queue or topic, or the subscription
 * @param says values by the names of settings; of what is not in it anything may be so
 */
record Declared(String by, String of, Map<String, @Nullable Object> says) {

    private static final String KIND = "kind";

    static Declared by(String bean, QueueSpec spec) {
        Map<String, @Nullable Object> says = new LinkedHashMap<>();
        says.put(KIND, "a queue");
        says.put("maxBodyBytes", spec.maxBodyBytes());
        says.put("dedupWindow", spec.dedupWindow());
        says.put("retain", spec.retain());
        put(says, spec.settings());
        return new Declared(bean(bean), destination(spec.name()), says);
    }

    static Declared by(String bean, TopicSpec spec) {
        Map<String, @Nullable Object> says = new LinkedHashMap<>();
        says.put(KIND, "a topic");
        says.put("maxBodyBytes", spec.maxBodyBytes());
        says.put("dedupWindow", spec.dedupWindow());
        says.put("retain", spec.retain());
        return new Declared(bean(bean), destination(spec.name()), says);
    }

    static Declared by(String bean, SubscriptionSpec spec) {
        Map<String, @Nullable Object> says = new LinkedHashMap<>();
        says.put("topic", spec.topic());
        says.put("filter", Filter.of(spec.selector(), spec.attributeFilter(), spec.bodyFilter()));
        put(says, spec.settings());
        return new Declared(bean(bean), subscription(spec.name()), says);
    }

    /** A listener says only what it wants otherwise than it may be. */
    static Declared by(PgListenerContainer container) {
        PgListenerEndpoint endpoint = container.endpoint();
        Map<String, @Nullable Object> says = new LinkedHashMap<>();
        if (container.options().deadLetterQueue() != null) {
            says.put("deadLetters.queue", container.options().deadLetterQueue());
        }
        ListenerFilter filter = endpoint.filter();
        if (endpoint.topic() == null) {
            says.put(KIND, "a queue");
        } else {
            says.put("topic", endpoint.topic());
            if (!filter.equals(ListenerFilter.NONE)) {
                says.put("filter", Filter.of(filter.selector(), filter.attributes(), filter.body()));
            }
        }
        String of = endpoint.topic() == null ? destination(endpoint.name()) : subscription(endpoint.name());
        return new Declared("the " + endpoint, of, says);
    }

    /** All in which they differ, by name; empty if both can be. */
    Map<String, String> differences(Declared other) {
        Map<String, String> differences = new LinkedHashMap<>();
        says.forEach((name, value) -> {
            if (other.says.containsKey(name) && !Objects.equals(value, other.says.get(name))) {
                differences.put(name, name + " is " + value + " and " + other.says.get(name));
            }
        });
        return differences;
    }

    private static void put(Map<String, @Nullable Object> says, SubscriptionSettings settings) {
        says.put("lease", settings.lease());
        says.put("redelivery", settings.redelivery());
        says.put("retention", settings.retention());
        says.put("onExpiry", settings.onExpiry());
        says.put("expiryQueue", settings.expiryQueue());
        says.put("deadLetters.queue", settings.deadLetters().queue());
        says.put("deadLetters.parkAfter", settings.deadLetters().parkAfter());
        says.put("deadLetters.maxAge", settings.deadLetters().maxAge());
        says.put("delay", settings.delay());
        says.put("groups", settings.groups());
        says.put("depthLimit", settings.depthLimit());
        says.put("expireAfterIdle", settings.expireAfterIdle());
    }

    private static String bean(String name) {
        return "the bean '" + name + "'";
    }

    private static String destination(String name) {
        return "'" + name + "'";
    }

    private static String subscription(String name) {
        return "subscription '" + name + "'";
    }

    /** Filters are the same when they mean the same, as the database sees it. */
    private record Filter(
            String text,
            @Nullable String properties,
            @Nullable String body) {

        static Filter of(@Nullable String selector, @Nullable String attributes, @Nullable String body) {
            String text = "[selector " + selector + ", attributes " + attributes + ", body " + body + "]";
            try {
                MessageFilter filter = new MessageFilter(
                        Selector.parse(selector), AttributeFilter.parse(attributes), BodyFilter.parse(body));
                return new Filter(text, filter.propertiesPath(), filter.bodyPath());
            } catch (SelectorSyntaxException e) {
                // An error of its own when it is declared.
                return new Filter(text, text, text);
            }
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Filter filter
                    && Objects.equals(properties, filter.properties)
                    && Objects.equals(body, filter.body);
        }

        @Override
        public int hashCode() {
            return Objects.hash(properties, body);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
