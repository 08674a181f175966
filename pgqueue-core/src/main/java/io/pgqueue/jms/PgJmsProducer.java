// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.CompletionListener;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatException;
import java.io.Serializable;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A producer of the simplified API (Jakarta Messaging 3.1, sections 7.4 to 7.6, 7.10). What is set here goes over what the
 * message says. To be used by one thread at a time.
 */
final class PgJmsProducer implements JMSProducer {

    private final PgJmsSession session;
    /** Holds the properties and headers that are set here, with the conversions of a message. */
    private final PgJmsMessage headers = new PgJmsMessage();

    private PgJmsSendOptions options = PgJmsSendOptions.DEFAULT;
    private @Nullable CompletionListener listener;
    private boolean typeSet;
    private boolean correlationSet;
    private boolean replyToSet;

    PgJmsProducer(PgJmsSession session) {
        this.session = session;
    }

    @Override
    public JMSProducer send(Destination destination, @Nullable Message message) {
        return with(() -> {
            PgJmsDestination to = PgJmsDestinations.ours(destination);
            if (message == null) {
                throw new MessageFormatException("The message is null, must be given");
            }
            override(message);
            session.send(to, message, options, listener);
        });
    }

    private void override(Message message) throws JMSException {
        for (String name : headers.properties().names()) {
            message.setObjectProperty(name, headers.getObjectProperty(name));
        }
        if (typeSet) {
            message.setJMSType(headers.getJMSType());
        }
        if (correlationSet) {
            if (message instanceof PgJmsMessage ours) {
                ours.correlationId(headers.correlationId());
            } else {
                message.setJMSCorrelationID(headers.getJMSCorrelationID());
            }
        }
        if (replyToSet) {
            message.setJMSReplyTo(headers.getJMSReplyTo());
        }
    }

    @Override
    public JMSProducer send(Destination destination, @Nullable String body) {
        return send(destination, PgJmsUnchecked.get(() -> session.createTextMessage(body)));
    }

    @Override
    public JMSProducer send(Destination destination, @Nullable Map<String, Object> body) {
        return send(destination, PgJmsUnchecked.<Message>get(() -> {
            MapMessage message = session.createMapMessage();
            if (body != null) {
                for (Map.Entry<String, Object> entry : body.entrySet()) {
                    message.setObject(entry.getKey(), entry.getValue());
                }
            }
            return message;
        }));
    }

    @Override
    public JMSProducer send(Destination destination, byte @Nullable [] body) {
        return send(destination, PgJmsUnchecked.<Message>get(() -> {
            var message = session.createBytesMessage();
            if (body != null) {
                message.writeBytes(body);
            }
            return message;
        }));
    }

    @Override
    public JMSProducer send(Destination destination, @Nullable Serializable body) {
        return send(destination, PgJmsUnchecked.<Message>get(() -> session.createObjectMessage(body)));
    }

    @Override
    public JMSProducer setDisableMessageID(boolean value) {
        return with(() -> options = options.withDisableMessageId(value));
    }

    @Override
    public boolean getDisableMessageID() {
        return options().disableMessageId();
    }

    @Override
    public JMSProducer setDisableMessageTimestamp(boolean value) {
        return with(() -> options = options.withDisableTimestamp(value));
    }

    @Override
    public boolean getDisableMessageTimestamp() {
        return options().disableTimestamp();
    }

    @Override
    public JMSProducer setDeliveryMode(int mode) {
        return with(() -> options = options.withDeliveryMode(mode));
    }

    @Override
    public int getDeliveryMode() {
        return options().deliveryMode();
    }

    @Override
    public JMSProducer setPriority(int priority) {
        return with(() -> options = options.withPriority(priority));
    }

    @Override
    public int getPriority() {
        return options().priority();
    }

    @Override
    public JMSProducer setTimeToLive(long millis) {
        return with(() -> options = options.withTimeToLive(millis));
    }

    @Override
    public long getTimeToLive() {
        return options().timeToLive();
    }

    @Override
    public JMSProducer setDeliveryDelay(long millis) {
        return with(() -> options = options.withDeliveryDelay(millis));
    }

    @Override
    public long getDeliveryDelay() {
        return options().deliveryDelay();
    }

    @Override
    public JMSProducer setAsync(@Nullable CompletionListener listener) {
        return with(() -> this.listener = listener);
    }

    @Override
    public @Nullable CompletionListener getAsync() {
        checkOpen();
        return listener;
    }

    @Override
    public JMSProducer setProperty(String name, boolean value) {
        return with(() -> headers.setBooleanProperty(name, value));
    }

    @Override
    public JMSProducer setProperty(String name, byte value) {
        return with(() -> headers.setByteProperty(name, value));
    }

    @Override
    public JMSProducer setProperty(String name, short value) {
        return with(() -> headers.setShortProperty(name, value));
    }

    @Override
    public JMSProducer setProperty(String name, int value) {
        return with(() -> headers.setIntProperty(name, value));
    }

    @Override
    public JMSProducer setProperty(String name, long value) {
        return with(() -> headers.setLongProperty(name, value));
    }

    @Override
    public JMSProducer setProperty(String name, float value) {
        return with(() -> headers.setFloatProperty(name, value));
    }

    @Override
    public JMSProducer setProperty(String name, double value) {
        return with(() -> headers.setDoubleProperty(name, value));
    }

    @Override
    public JMSProducer setProperty(String name, @Nullable String value) {
        return with(() -> headers.setStringProperty(name, value));
    }

    @Override
    public JMSProducer setProperty(String name, @Nullable Object value) {
        return with(() -> headers.setObjectProperty(name, value));
    }

    @Override
    public JMSProducer clearProperties() {
        return with(headers::clearProperties);
    }

    @Override
    public boolean propertyExists(String name) {
        return headers().propertyExists(name);
    }

    @Override
    public boolean getBooleanProperty(String name) {
        return PgJmsUnchecked.get(() -> headers().getBooleanProperty(name));
    }

    @Override
    public byte getByteProperty(String name) {
        return PgJmsUnchecked.get(() -> headers().getByteProperty(name));
    }

    @Override
    public short getShortProperty(String name) {
        return PgJmsUnchecked.get(() -> headers().getShortProperty(name));
    }

    @Override
    public int getIntProperty(String name) {
        return PgJmsUnchecked.get(() -> headers().getIntProperty(name));
    }

    @Override
    public long getLongProperty(String name) {
        return PgJmsUnchecked.get(() -> headers().getLongProperty(name));
    }

    @Override
    public float getFloatProperty(String name) {
        return PgJmsUnchecked.get(() -> headers().getFloatProperty(name));
    }

    @Override
    public double getDoubleProperty(String name) {
        return PgJmsUnchecked.get(() -> headers().getDoubleProperty(name));
    }

    @Override
    public @Nullable String getStringProperty(String name) {
        return PgJmsUnchecked.find(() -> headers().getStringProperty(name));
    }

    @Override
    public @Nullable Object getObjectProperty(String name) {
        return headers().getObjectProperty(name);
    }

    @Override
    public Set<String> getPropertyNames() {
        return headers().properties().names();
    }

    @Override
    public JMSProducer setJMSCorrelationIDAsBytes(byte @Nullable [] id) {
        correlationSet = true;
        return with(() -> headers.setJMSCorrelationIDAsBytes(id));
    }

    @Override
    public byte @Nullable [] getJMSCorrelationIDAsBytes() {
        return headers().getJMSCorrelationIDAsBytes();
    }

    @Override
    public JMSProducer setJMSCorrelationID(@Nullable String id) {
        correlationSet = true;
        return with(() -> headers.setJMSCorrelationID(id));
    }

    @Override
    public @Nullable String getJMSCorrelationID() {
        return headers().getJMSCorrelationID();
    }

    @Override
    public JMSProducer setJMSType(@Nullable String type) {
        typeSet = true;
        return with(() -> headers.setJMSType(type));
    }

    @Override
    public @Nullable String getJMSType() {
        return headers().getJMSType();
    }

    @Override
    public JMSProducer setJMSReplyTo(@Nullable Destination replyTo) {
        replyToSet = true;
        return with(() -> headers.setJMSReplyTo(replyTo));
    }

    @Override
    public @Nullable Destination getJMSReplyTo() {
        return headers().getJMSReplyTo();
    }

    private JMSProducer with(PgJmsUnchecked.Action action) {
        checkOpen();
        PgJmsUnchecked.run(action);
        return this;
    }

    private PgJmsMessage headers() {
        checkOpen();
        return headers;
    }

    private PgJmsSendOptions options() {
        checkOpen();
        return options;
    }

    /** It ends with its context (section 6.1.8). */
    private void checkOpen() {
        PgJmsUnchecked.run(session::checkOpen);
    }
}
