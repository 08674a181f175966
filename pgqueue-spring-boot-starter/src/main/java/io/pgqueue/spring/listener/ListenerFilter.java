// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import org.jspecify.annotations.Nullable;

/**
 * What a listener gets of its queue or topic; a message must meet all of them. Null is no filter.
 *
 * @param selector condition in the language of Jakarta Messaging
 * @param attributes values of properties, as JSON; for topics only
 * @param body values in a JSON body, as JSON; for topics only
 */
public record ListenerFilter(
        @Nullable String selector,
        @Nullable String attributes,
        @Nullable String body) {

    public static final ListenerFilter NONE = new ListenerFilter(null, null, null);

    boolean isNone() {
        return equals(NONE);
    }
}
