// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to change in a dead letter before it is delivered again.
 *
 * @param body the new body, null to keep what is there
 * @param properties all properties, null to keep what is there
 * @param by who asks for it, at most 255 characters; kept with the original
 */
public record Repair(
        byte @Nullable [] body,
        @Nullable Map<String, Object> properties,
        @Nullable String by) {

    public Repair {
        if (body == null && properties == null) {
            throw Limits.invalid("repair", "empty", "a body, properties, or both; redrive what is right as it is");
        }
        if (properties != null) {
            properties = PropertyRules.check(properties);
        }
        Limits.header("by", by);
    }

    public static Repair body(byte[] body) {
        return new Repair(body, null, null);
    }

    public static Repair properties(Map<String, Object> properties) {
        return new Repair(null, properties, null);
    }

    public Repair withProperties(Map<String, Object> properties) {
        return new Repair(body, properties, by);
    }

    public Repair withBy(@Nullable String who) {
        return new Repair(body, properties, who);
    }

    @Override
    public String toString() {
        return "Repair[" + (body == null ? "body kept" : body.length + " bytes") + ", "
                + (properties == null ? "properties kept" : properties.size() + " properties") + ", by " + by + "]";
    }
}
