// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a subscription gets a message, and if not, why.
 *
 * @param subscription its name
 * @param matched whether it does
 * @param reason the first condition that was not true, null if all were
 */
public record RoutingDecision(
        String subscription, boolean matched, @Nullable Reason reason) {

    /**
     * A condition that was not true.
     *
     * @param clause the part of the filter
     * @param unknown whether it could not be decided, because something was missing or of another type; else it was false
     * @param seen what the message has for each name in it, as JSON; names that it does not have are not in here
     */
    public record Reason(String clause, boolean unknown, Map<String, String> seen) {

        public Reason {
            seen = Map.copyOf(seen);
        }
    }
}
