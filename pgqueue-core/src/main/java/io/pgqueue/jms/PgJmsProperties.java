// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.selector.Selector;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The properties of a message or of a JMSProducer, with their exact types (Jakarta Messaging 3.1, section 3.5). Not safe
 * for use by several threads.
 */
final class PgJmsProperties {

    private static final int NAME_LENGTH = 128;

    private final Map<String, @Nullable Object> values = new LinkedHashMap<>();
    private boolean readOnly;

    /** As sent: received properties are not checked again, since messages also come from SQL. */
    void receive(Map<String, ?> received) {
        values.putAll(received);
    }

    void receive(String name, Object value) {
        values.put(name, value);
    }

    /** Unless it has a value: who edits the properties of a stored message does not know of the nulls. */
    void receiveNull(String name) {
        values.putIfAbsent(name, null);
    }

    /** Until {@link #clear} (section 3.5.3). */
    void readOnly() {
        readOnly = true;
    }

    void clear() {
        values.clear();
        readOnly = false;
    }

    boolean contains(String name) {
        return values.containsKey(name);
    }

    /** Null when absent or null (section 3.5.8). */
    @Nullable
    Object get(@Nullable String name) {
        return values.get(name);
    }

    /**
     * @throws IllegalArgumentException if the name is null, empty, no selector identifier, or kept for the specification
     *     (sections 3.5.1, 3.5.7)
     * @throws MessageFormatException if the value is none of the eight types or null (section 3.5.5)
     * @throws MessageNotWriteableException if the properties are read-only
     */
    void set(@Nullable String name, @Nullable Object value)
            throws MessageFormatException, MessageNotWriteableException {
        String checked = checkName(name);
        if (value != null && !PgJmsConversion.isPropertyValue(value)) {
            throw PgJmsConversion.wrongType(
                    checked, value, "Boolean, Byte, Short, Integer, Long, Float, Double or String");
        }
        if (readOnly) {
            throw new MessageNotWriteableException(
                    "The properties of a received message are read-only: call clearProperties() first");
        }
        values.put(checked, value);
    }

    Set<String> names() {
        return Collections.unmodifiableSet(values.keySet());
    }

    private static String checkName(@Nullable String name) {
        if (name == null || name.isEmpty()) {
            throw new IllegalArgumentException("The name of a property is null or empty, must be given");
        }
        if (name.length() > NAME_LENGTH || !Selector.isIdentifier(name)) {
            throw new IllegalArgumentException(
                    "'" + shortened(name) + "' is not a property name: use a Java identifier of at " + "most "
                            + NAME_LENGTH + " characters that is no word of the selector language");
        }
        if (PgJmsHeaders.isHeaderField(name)) {
            throw new IllegalArgumentException(
                    "'" + shortened(name) + "' is not a property name: those that begin with JMS "
                            + "are header fields, which have setters of their own");
        }
        return name;
    }

    private static String shortened(String name) {
        return name.length() <= NAME_LENGTH ? name : name.substring(0, NAME_LENGTH) + "…";
    }
}
