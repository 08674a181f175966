// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import org.jspecify.annotations.Nullable;

/** What a subscription or a receiver may ask for, as the database evaluates it and as the model does. */
enum Filter {
    ALL(null),
    RED("$.color == \"red\""),
    BLUE("$.color == \"blue\""),
    HOT("$JMSPriority >= 5");

    final @Nullable String path;

    Filter(@Nullable String path) {
        this.path = path;
    }

    boolean takes(@Nullable String color, int priority) {
        return switch (this) {
            case ALL -> true;
            case RED -> "red".equals(color);
            case BLUE -> "blue".equals(color);
            case HOT -> priority >= 5;
        };
    }

    boolean takes(Copy copy) {
        return takes(copy.color, copy.priority);
    }
}
