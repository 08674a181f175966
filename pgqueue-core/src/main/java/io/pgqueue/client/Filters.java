// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.InvalidFilterException;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.selector.AttributeFilter;
import io.pgqueue.selector.BodyFilter;
import io.pgqueue.selector.MessageFilter;
import io.pgqueue.selector.Selector;
import io.pgqueue.selector.SelectorSyntaxException;
import io.pgqueue.store.FilterPaths;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Filters as users give them; what cannot be understood is refused by name of its owner. */
final class Filters {

    private Filters() {}

    static @Nullable Selector selector(String owner, @Nullable String text) {
        return parse("selector", owner, text, Selector::parse);
    }

    static MessageFilter parse(
            String owner, @Nullable String selector, @Nullable String attributes, @Nullable String body) {
        return new MessageFilter(
                selector(owner, selector),
                parse("attribute filter", owner, attributes, AttributeFilter::parse),
                parse("body filter", owner, body, BodyFilter::parse));
    }

    static FilterPaths compile(SubscriptionSpec spec) {
        MessageFilter filter =
                parse("subscription '" + spec.name() + "'", spec.selector(), spec.attributeFilter(), spec.bodyFilter());
        return new FilterPaths(filter.propertiesPath(), filter.bodyPath(), filter.demands());
    }

    private static <T> @Nullable T parse(
            String kind, String owner, @Nullable String text, Function<@Nullable String, @Nullable T> parser) {
        try {
            return parser.apply(text);
        } catch (SelectorSyntaxException e) {
            throw new InvalidFilterException("The " + kind + " of " + owner + ": " + e.getMessage(), e);
        }
    }
}
