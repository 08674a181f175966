// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a message was before somebody changed it.
 *
 * @param changedAt by the database's clock
 * @param databaseUser who was logged in to the database
 * @param by who asked for it, null when that was not said
 * @param properties before the change
 * @param body before the change
 */
public record MessageChange(
        Instant changedAt,
        String databaseUser,
        @Nullable String by,
        Map<String, Object> properties,
        byte @Nullable [] body) {

    @Override
    public String toString() {
        return "MessageChange[" + changedAt + " by " + by + " as " + databaseUser + "]";
    }
}
