// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.DeliveryMode;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import java.util.Collections;
import java.util.Enumeration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A message without a body, and what all kinds have in common: headers and properties (Jakarta Messaging 3.1, sections
 * 3.4, 3.5). What {@link PgJmsCodec} makes of a delivery is read-only, properties and body each until they are cleared
 * (sections 3.5.3, 3.10); headers stay writable. Not safe for use by several threads (section 2.14).
 */
sealed class PgJmsMessage implements Message
        permits PgJmsTextMessage, PgJmsBytesMessage, PgJmsMapMessage, PgJmsStreamMessage, PgJmsObjectMessage {

    private final PgJmsProperties properties = new PgJmsProperties();
    private @Nullable String messageId;
    private long timestamp;
    private PgJmsCorrelationId correlationId = PgJmsCorrelationId.NONE;
    private @Nullable Destination replyTo;
    private @Nullable Destination destination;
    private int deliveryMode = DeliveryMode.PERSISTENT;
    private boolean redelivered;
    private @Nullable String type;
    private long expiration;
    private long deliveryTime;
    private int priority = DEFAULT_PRIORITY;
    private boolean bodyReadOnly;
    private @Nullable Acknowledgement acknowledgement;
    private @Nullable Consumer<Throwable> failed;

    /** What {@code acknowledge()} of a received message does in its session's mode (section 6.2.10). */
    @FunctionalInterface
    interface Acknowledgement {
        void acknowledge() throws JMSException;
    }

    /** Called by the session for each message it hands over. */
    final void onAcknowledge(Acknowledgement acknowledgement) {
        this.acknowledgement = acknowledgement;
    }

    /** Called by the session for each message it hands over. */
    final void onFailure(Consumer<Throwable> failed) {
        this.failed = failed;
    }

    /** Tells the session why the application gives this message back. */
    final void failed(Throwable failure) {
        if (failed != null) {
            failed.accept(failure);
        }
    }

    /** Makes properties and body read-only, and the body readable. */
    void received() throws JMSException {
        properties.readOnly();
        bodyReadOnly = true;
    }

    final PgJmsProperties properties() {
        return properties;
    }

    /** How the body is stored. */
    PgJmsBody storedBody() throws JMSException {
        return PgJmsBody.NONE;
    }

    /** Whether a body of this kind may be sent with this content type instead of the usual one. */
    boolean takes(String contentType) {
        return false;
    }

    /** The type {@code getBody} answers with (section 8.6), null for none. */
    @Nullable
    Class<?> bodyType() throws JMSException {
        return null;
    }

    /** A copy of the body, null when there is none: then {@code getBody} takes any class. */
    @Nullable
    Object body() throws JMSException {
        return null;
    }

    /** True also for an empty text, map or object message (section 8.6). */
    boolean hasNoBody() throws JMSException {
        return true;
    }

    final boolean isBodyReadOnly() {
        return bodyReadOnly;
    }

    final void bodyReadOnly(boolean readOnly) {
        this.bodyReadOnly = readOnly;
    }

    final void checkBodyWriteable() throws MessageNotWriteableException {
        if (bodyReadOnly) {
            throw new MessageNotWriteableException("The body of this message is read-only: call clearBody() first");
        }
    }

    @Override
    public void clearBody() throws JMSException {
        bodyReadOnly = false;
    }

    @Override
    public <T> @Nullable T getBody(Class<T> type) throws JMSException {
        if (hasNoBody()) {
            return null;
        }
        Class<?> bodyType = bodyType();
        if (bodyType == null || !type.isAssignableFrom(bodyType)) {
            throw new MessageFormatException("The body of a " + kind() + " cannot be read as " + type.getTypeName());
        }
        return type.cast(body());
    }

    @Override
    public boolean isBodyAssignableTo(@SuppressWarnings("rawtypes") Class type) throws JMSException {
        if (hasNoBody()) {
            return true;
        }
        Class<?> bodyType = bodyType();
        return bodyType != null && asClass(type).isAssignableFrom(bodyType);
    }

    private static Class<?> asClass(Class<?> type) {
        return type;
    }

    /** The name users know the class by. */
    String kind() {
        return "Message";
    }

    @Override
    public void acknowledge() throws JMSException {
        if (acknowledgement != null) {
            acknowledgement.acknowledge();
        }
    }

    @Override
    public @Nullable String getJMSMessageID() {
        return messageId;
    }

    @Override
    public void setJMSMessageID(@Nullable String id) {
        this.messageId = id;
    }

    @Override
    public long getJMSTimestamp() {
        return timestamp;
    }

    @Override
    public void setJMSTimestamp(long timestamp) {
        this.timestamp = timestamp;
    }

    /** The bytes given, or the UTF-8 form of the text given (section 3.4.5). */
    @Override
    public byte @Nullable [] getJMSCorrelationIDAsBytes() {
        return correlationId.bytes();
    }

    /** Any bytes; those that are no UTF-8 text read as {@code ID:} and hexadecimal digits (section 3.4.5). */
    @Override
    public void setJMSCorrelationIDAsBytes(byte @Nullable [] id) {
        correlationId = PgJmsCorrelationId.of(id);
    }

    @Override
    public void setJMSCorrelationID(@Nullable String id) {
        correlationId = new PgJmsCorrelationId(id, false);
    }

    @Override
    public @Nullable String getJMSCorrelationID() {
        return correlationId.text();
    }

    final PgJmsCorrelationId correlationId() {
        return correlationId;
    }

    final void correlationId(PgJmsCorrelationId id) {
        correlationId = id;
    }

    @Override
    public @Nullable Destination getJMSReplyTo() {
        return replyTo;
    }

    @Override
    public void setJMSReplyTo(@Nullable Destination replyTo) {
        this.replyTo = replyTo;
    }

    @Override
    public @Nullable Destination getJMSDestination() {
        return destination;
    }

    @Override
    public void setJMSDestination(@Nullable Destination destination) {
        this.destination = destination;
    }

    @Override
    public int getJMSDeliveryMode() {
        return deliveryMode;
    }

    @Override
    public void setJMSDeliveryMode(int mode) {
        this.deliveryMode = mode;
    }

    @Override
    public boolean getJMSRedelivered() {
        return redelivered;
    }

    @Override
    public void setJMSRedelivered(boolean redelivered) {
        this.redelivered = redelivered;
    }

    @Override
    public @Nullable String getJMSType() {
        return type;
    }

    @Override
    public void setJMSType(@Nullable String type) {
        this.type = type;
    }

    @Override
    public long getJMSExpiration() {
        return expiration;
    }

    @Override
    public void setJMSExpiration(long expiration) {
        this.expiration = expiration;
    }

    @Override
    public long getJMSDeliveryTime() {
        return deliveryTime;
    }

    @Override
    public void setJMSDeliveryTime(long deliveryTime) {
        this.deliveryTime = deliveryTime;
    }

    @Override
    public int getJMSPriority() {
        return priority;
    }

    @Override
    public void setJMSPriority(int priority) {
        this.priority = priority;
    }

    @Override
    public void clearProperties() {
        properties.clear();
    }

    @Override
    public boolean propertyExists(String name) {
        return properties.contains(name);
    }

    @Override
    public boolean getBooleanProperty(String name) throws JMSException {
        return PgJmsConversion.toBoolean(properties.get(name));
    }

    @Override
    public byte getByteProperty(String name) throws JMSException {
        return PgJmsConversion.toByte(properties.get(name));
    }

    @Override
    public short getShortProperty(String name) throws JMSException {
        return PgJmsConversion.toShort(properties.get(name));
    }

    @Override
    public int getIntProperty(String name) throws JMSException {
        return PgJmsConversion.toInt(properties.get(name));
    }

    @Override
    public long getLongProperty(String name) throws JMSException {
        return PgJmsConversion.toLong(properties.get(name));
    }

    @Override
    public float getFloatProperty(String name) throws JMSException {
        return PgJmsConversion.toFloat(properties.get(name));
    }

    @Override
    public double getDoubleProperty(String name) throws JMSException {
        return PgJmsConversion.toDouble(properties.get(name));
    }

    @Override
    public @Nullable String getStringProperty(String name) throws JMSException {
        return PgJmsConversion.toText(properties.get(name));
    }

    @Override
    public @Nullable Object getObjectProperty(String name) {
        return properties.get(name);
    }

    /** Names of properties, those with a null value too, none of header fields (section 3.5.6). */
    @Override
    public Enumeration<String> getPropertyNames() {
        return Collections.enumeration(properties.names());
    }

    @Override
    public void setBooleanProperty(String name, boolean value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setByteProperty(String name, byte value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setShortProperty(String name, short value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setIntProperty(String name, int value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setLongProperty(String name, long value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setFloatProperty(String name, float value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setDoubleProperty(String name, double value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setStringProperty(String name, @Nullable String value) throws JMSException {
        properties.set(name, value);
    }

    @Override
    public void setObjectProperty(String name, @Nullable Object value) throws JMSException {
        properties.set(name, value);
    }

    /** Kind and ids only: bodies and values do not belong into logs. */
    @Override
    public String toString() {
        return kind() + "[" + messageId + " to " + destination + "]";
    }
}
