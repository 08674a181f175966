// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import org.jspecify.annotations.Nullable;

/** A flat JSON object in the making; null values are left out, unless the method says otherwise. */
final class JsonObject {

    private final StringBuilder json = new StringBuilder("{");

    JsonObject text(String name, @Nullable String value) {
        if (value != null) {
            FlatJson.writeString(key(name), value);
        }
        return this;
    }

    /** A number or boolean. */
    JsonObject plain(String name, @Nullable Object value) {
        if (value != null) {
            key(name).append(value);
        }
        return this;
    }

    /** As {@link #text}, with null written down: the setting is taken away. */
    JsonObject textOrNull(String name, @Nullable String value) {
        return value == null ? absent(name) : text(name, value);
    }

    /** As {@link #plain}, with null written down: the setting is taken away. */
    JsonObject plainOrNull(String name, @Nullable Object value) {
        return value == null ? absent(name) : plain(name, value);
    }

    private JsonObject absent(String name) {
        key(name).append("null");
        return this;
    }

    @Override
    public String toString() {
        return json + "}";
    }

    private StringBuilder key(String name) {
        return json.append(json.length() == 1 ? "" : ",")
                .append('"')
                .append(name)
                .append("\":");
    }
}
