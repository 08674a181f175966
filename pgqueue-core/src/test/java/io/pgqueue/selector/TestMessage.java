// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.store.PropertiesView;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a selector can see of a message.
 *
 * @param properties of the eight types
 * @param headers of {@code JMSPriority} and so on, absent when null
 */
record TestMessage(Map<String, Object> properties, Map<String, Object> headers) {

    /** As the database has them. */
    @Nullable
    String view() {
        return PropertiesView.of(properties);
    }

    @Nullable
    Object get(String name) {
        return Identifiers.isHeader(name) ? headers.get(name) : properties.get(name);
    }
}
