// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.ObjectMessage;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A serialized object, null for none (Jakarta Messaging 3.1, section 3.11). Serialized when it is set and read anew each
 * time, so every object handed out is a copy (sections 3.9, 3.12). What may be in it says {@link PgJmsSerialization}.
 */
final class PgJmsObjectMessage extends PgJmsMessage implements ObjectMessage {

    private final PgJmsSerialization serialization;
    private byte @Nullable [] bytes;

    /** The array is kept, not copied. */
    PgJmsObjectMessage(byte @Nullable [] bytes, PgJmsSerialization serialization) {
        this.bytes = bytes;
        this.serialization = serialization;
    }

    @Override
    public void setObject(@Nullable Serializable object) throws JMSException {
        checkBodyWriteable();
        bytes = object == null ? null : serialization.write(object);
    }

    @Override
    public @Nullable Serializable getObject() throws JMSException {
        return (Serializable) body();
    }

    @Override
    public void clearBody() throws JMSException {
        super.clearBody();
        bytes = null;
    }

    @Override
    PgJmsBody storedBody() {
        return new PgJmsBody(PgJmsBody.OBJECT, bytes);
    }

    /** Known only by reading the object. */
    @Override
    @Nullable
    Class<?> bodyType() throws JMSException {
        Object object = body();
        return object == null ? null : object.getClass();
    }

    @Override
    @Nullable
    Object body() throws JMSException {
        return bytes == null ? null : serialization.read(bytes);
    }

    @Override
    public <T> @Nullable T getBody(Class<T> type) throws JMSException {
        Object object = body();
        if (object == null || type.isInstance(object)) {
            return type.cast(object);
        }
        throw new MessageFormatException(
                "The object in this message is a " + object.getClass().getTypeName() + ", not a " + type.getTypeName());
    }

    @Override
    public boolean isBodyAssignableTo(@SuppressWarnings("rawtypes") Class type) throws JMSException {
        try {
            return super.isBodyAssignableTo(type);
        } catch (MessageFormatException unreadable) {
            return false;
        }
    }

    @Override
    boolean hasNoBody() {
        return bytes == null;
    }

    @Override
    String kind() {
        return "ObjectMessage";
    }
}
