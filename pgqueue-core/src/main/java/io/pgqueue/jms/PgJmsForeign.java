// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageEOFException;
import jakarta.jms.ObjectMessage;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import java.util.Enumeration;

/** Makes messages of ours from those of other providers (Jakarta Messaging 3.1, section 3.12). */
final class PgJmsForeign {

    private static final int PIECE = 8192;

    private PgJmsForeign() {}

    /**
     * The message itself when it is ours, else a copy of the same kind with its body, its properties and the headers a
     * sender sets. Bytes and stream messages of others are reset by this.
     */
    static PgJmsMessage toOurs(Message message, PgJmsSerialization serialization) throws JMSException {
        if (message instanceof PgJmsMessage ours) {
            return ours;
        }
        PgJmsMessage copy = withBody(message, serialization);
        Enumeration<?> names = message.getPropertyNames();
        while (names != null && names.hasMoreElements()) {
            String name = (String) names.nextElement();
            if (!PgJmsHeaders.isProviderOnly(name) && !PgJmsHeaders.isHeaderField(name)) {
                copy.setObjectProperty(name, message.getObjectProperty(name));
            }
        }
        copy.setJMSCorrelationID(message.getJMSCorrelationID());
        copy.setJMSReplyTo(message.getJMSReplyTo());
        copy.setJMSType(message.getJMSType());
        return copy;
    }

    private static PgJmsMessage withBody(Message message, PgJmsSerialization serialization) throws JMSException {
        if (message instanceof TextMessage text) {
            return new PgJmsTextMessage(text.getText());
        }
        if (message instanceof BytesMessage bytes) {
            return bytes(bytes);
        }
        if (message instanceof MapMessage map) {
            return map(map);
        }
        if (message instanceof StreamMessage stream) {
            return stream(stream);
        }
        if (message instanceof ObjectMessage object) {
            PgJmsObjectMessage copy = new PgJmsObjectMessage(null, serialization);
            copy.setObject(object.getObject());
            return copy;
        }
        return new PgJmsMessage();
    }

    private static PgJmsMessage bytes(BytesMessage from) throws JMSException {
        from.reset();
        PgJmsBytesMessage copy = new PgJmsBytesMessage();
        byte[] piece = new byte[PIECE];
        for (int count = from.readBytes(piece); count > 0; count = from.readBytes(piece)) {
            copy.writeBytes(piece, 0, count);
        }
        from.reset();
        return copy;
    }

    private static PgJmsMessage map(MapMessage from) throws JMSException {
        PgJmsMapMessage copy = new PgJmsMapMessage();
        Enumeration<?> names = from.getMapNames();
        while (names.hasMoreElements()) {
            String name = (String) names.nextElement();
            copy.setObject(name, from.getObject(name));
        }
        return copy;
    }

    /** The end is known only by running into it. */
    private static PgJmsMessage stream(StreamMessage from) throws JMSException {
        from.reset();
        PgJmsStreamMessage copy = new PgJmsStreamMessage();
        try {
            while (true) {
                copy.writeObject(from.readObject());
            }
        } catch (MessageEOFException end) {
            from.reset();
            return copy;
        }
    }
}
