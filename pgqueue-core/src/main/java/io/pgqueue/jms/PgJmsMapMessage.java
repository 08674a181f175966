// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Named values with their types, in the order in which they were set (Jakarta Messaging 3.1, section 3.11.3). */
final class PgJmsMapMessage extends PgJmsMessage implements MapMessage {

    private final Map<String, @Nullable Object> values;

    PgJmsMapMessage() {
        this(new LinkedHashMap<>());
    }

    /** The map is kept, not copied. */
    PgJmsMapMessage(Map<String, @Nullable Object> values) {
        this.values = values;
    }

    @Override
    public void clearBody() throws JMSException {
        super.clearBody();
        values.clear();
    }

    @Override
    public boolean getBoolean(String name) throws JMSException {
        return PgJmsConversion.toBoolean(values.get(name));
    }

    @Override
    public byte getByte(String name) throws JMSException {
        return PgJmsConversion.toByte(values.get(name));
    }

    @Override
    public short getShort(String name) throws JMSException {
        return PgJmsConversion.toShort(values.get(name));
    }

    @Override
    public char getChar(String name) throws JMSException {
        return PgJmsConversion.toChar(values.get(name));
    }

    @Override
    public int getInt(String name) throws JMSException {
        return PgJmsConversion.toInt(values.get(name));
    }

    @Override
    public long getLong(String name) throws JMSException {
        return PgJmsConversion.toLong(values.get(name));
    }

    @Override
    public float getFloat(String name) throws JMSException {
        return PgJmsConversion.toFloat(values.get(name));
    }

    @Override
    public double getDouble(String name) throws JMSException {
        return PgJmsConversion.toDouble(values.get(name));
    }

    @Override
    public @Nullable String getString(String name) throws JMSException {
        return PgJmsConversion.toText(values.get(name));
    }

    @Override
    public byte @Nullable [] getBytes(String name) throws JMSException {
        return PgJmsConversion.toBytes(values.get(name));
    }

    @Override
    public @Nullable Object getObject(String name) throws JMSException {
        return PgJmsConversion.bodyValue(values.get(name));
    }

    @Override
    public Enumeration<String> getMapNames() {
        return Collections.enumeration(List.copyOf(values.keySet()));
    }

    @Override
    public boolean itemExists(String name) {
        return values.containsKey(name);
    }

    @Override
    public void setBoolean(String name, boolean value) throws JMSException {
        set(name, value);
    }

    @Override
    public void setByte(String name, byte value) throws JMSException {
        set(name, value);
    }

    @Override
    public void setShort(String name, short value) throws JMSException {
        set(name, value);
    }

    @Override
    public void setChar(String name, char value) throws JMSException {
        set(name, value);
    }

    @Override
    public void setInt(String name, int value) throws JMSException {
        set(name, value);
    }

    @Override
    public void setLong(String name, long value) throws JMSException {
        set(name, value);
    }

    @Override
    public void setFloat(String name, float value) throws JMSException {
        set(name, value);
    }

    @Override
    public void setDouble(String name, double value) throws JMSException {
        set(name, value);
    }

    @Override
    public void setString(String name, @Nullable String value) throws JMSException {
        set(name, value);
    }

    @Override
    public void setBytes(String name, byte @Nullable [] value) throws JMSException {
        set(name, value);
    }

    @Override
    public void setBytes(String name, byte[] value, int offset, int length) throws JMSException {
        set(name, PgJmsConversion.range(value, offset, length));
    }

    @Override
    public void setObject(String name, @Nullable Object value) throws JMSException {
        set(name, value);
    }

    private void set(@Nullable String name, @Nullable Object value) throws JMSException {
        if (name == null || name.isEmpty()) {
            throw new IllegalArgumentException("The name of a map entry is null or empty, must be given");
        }
        checkBodyWriteable();
        values.put(name, PgJmsConversion.bodyValue(value));
    }

    @Override
    PgJmsBody storedBody() {
        return new PgJmsBody(PgJmsBody.MAP, PgJmsValues.encode(values));
    }

    @Override
    Class<?> bodyType() {
        return Map.class;
    }

    @Override
    Object body() throws JMSException {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        for (Map.Entry<String, @Nullable Object> entry : values.entrySet()) {
            copy.put(entry.getKey(), PgJmsConversion.bodyValue(entry.getValue()));
        }
        return copy;
    }

    @Override
    boolean hasNoBody() {
        return values.isEmpty();
    }

    @Override
    String kind() {
        return "MapMessage";
    }
}
