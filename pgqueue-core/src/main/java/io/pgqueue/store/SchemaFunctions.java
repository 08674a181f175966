// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.SchemaName;
import io.pgqueue.jdbc.CallListeners;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The functions of one schema, and who is told of their calls. Safe for use by several threads. */
public final class SchemaFunctions {

    private final SchemaName schema;
    private final CallListeners listeners;
    private final Map<String, SqlFunction> byText = new ConcurrentHashMap<>();

    public SchemaFunctions(SchemaName schema, CallListeners listeners) {
        this.schema = schema;
        this.listeners = listeners;
    }

    /** @param text the statement that calls it, with {@code %s} for the schema */
    SqlFunction function(String text) {
        return byText.computeIfAbsent(text, any -> SqlFunction.of(any, schema, listeners));
    }
}
