// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a message property may be called and hold (Jakarta Messaging 3.1, sections 3.5.1 and 3.5.5): a Java identifier
 * that is no word of the selector language, and one of eight types.
 */
final class PropertyRules {

    private static final Set<Class<?>> TYPES = Set.of(
            Boolean.class, Byte.class, Short.class, Integer.class, Long.class, Float.class, Double.class, String.class);

    /** Words of the selector language, in ASCII letters of any case: a dotless i is not one of them. */
    private static final Pattern RESERVED =
            Pattern.compile("NULL|TRUE|FALSE|NOT|AND|OR|BETWEEN|LIKE|IN|IS|ESCAPE", Pattern.CASE_INSENSITIVE);

    /** Set by the provider only, so a sender cannot forge them. */
    private static final Set<String> PROVIDER = Set.of(
            "JMSXDeliveryCount",
            "JMSXRcvTimestamp",
            "JMSXState",
            "JMSXProducerTXID",
            "JMSXConsumerTXID",
            "JMSXAppID",
            "JMSXUserID");

    private PropertyRules() {}

    static Map<String, Object> check(Map<String, ?> properties) {
        if (properties.isEmpty()) {
            return Map.of();
        }
        if (properties.size() > Limits.PROPERTIES) {
            throw new MessageTooLargeException("The message has " + properties.size() + " properties, at most "
                    + Limits.PROPERTIES + " are taken; put large data into the body");
        }
        Map<String, Object> checked = new LinkedHashMap<>();
        properties.forEach((name, value) -> checked.put(checkName(name), checkValue(name, value)));
        return Collections.unmodifiableMap(checked);
    }

    private static String checkName(String name) {
        if (name.isEmpty()
                || name.length() > 128
                || !isIdentifier(name)
                || RESERVED.matcher(name).matches()) {
            throw new InvalidPropertyException(
                    "'" + name + "' is not a property name: use a Java identifier of at most 128 "
                            + "characters that is no word of the selector language");
        }
        if (PROVIDER.contains(name) || name.startsWith("JMS_PGQ_Dead")) {
            throw new InvalidPropertyException(
                    "Property " + name + " is set by pgqueue only: leave it out when sending");
        }
        return name;
    }

    private static boolean isIdentifier(String name) {
        return Character.isJavaIdentifierStart(name.codePointAt(0))
                && name.codePoints().allMatch(c -> Character.isJavaIdentifierPart(c) && c != 0);
    }

    private static Object checkValue(String name, Object value) {
        if (value == null || !TYPES.contains(value.getClass())) {
            throw new InvalidPropertyException("Property " + name + " has type "
                    + (value == null ? "null" : value.getClass().getName())
                    + ": use Boolean, Byte, Short, Integer, Long, Float, Double or String");
        }
        return value;
    }
}
