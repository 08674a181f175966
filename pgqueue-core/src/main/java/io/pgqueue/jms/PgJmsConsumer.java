// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageListener;
import org.jspecify.annotations.Nullable;

/** A consumer of the simplified API (Jakarta Messaging 3.1, section 8.6). */
final class PgJmsConsumer implements JMSConsumer {

    private final PgJmsMessageConsumer consumer;

    PgJmsConsumer(PgJmsMessageConsumer consumer) {
        this.consumer = consumer;
    }

    @Override
    public @Nullable String getMessageSelector() {
        return PgJmsUnchecked.find(consumer::getMessageSelector);
    }

    @Override
    public @Nullable MessageListener getMessageListener() {
        return PgJmsUnchecked.find(consumer::getMessageListener);
    }

    @Override
    public void setMessageListener(@Nullable MessageListener listener) {
        PgJmsUnchecked.run(() -> consumer.setMessageListener(listener));
    }

    @Override
    public @Nullable Message receive() {
        return PgJmsUnchecked.find(() -> consumer.receive());
    }

    @Override
    public @Nullable Message receive(long timeout) {
        return PgJmsUnchecked.find(() -> consumer.receive(timeout));
    }

    @Override
    public @Nullable Message receiveNoWait() {
        return PgJmsUnchecked.find(consumer::receiveNoWait);
    }

    @Override
    public <T> @Nullable T receiveBody(Class<T> type) {
        return PgJmsUnchecked.find(() -> body(type, PgJmsDeadline.NEVER));
    }

    @Override
    public <T> @Nullable T receiveBody(Class<T> type, long timeout) {
        return timeout == 0
                ? receiveBody(type)
                : PgJmsUnchecked.find(() -> body(type, PgJmsDeadline.inMillis(timeout)));
    }

    @Override
    public <T> @Nullable T receiveBodyNoWait(Class<T> type) {
        return PgJmsUnchecked.find(() -> body(type, PgJmsDeadline.inMillis(0)));
    }

    private <T> @Nullable T body(Class<T> type, PgJmsDeadline deadline) throws JMSException {
        Message message = consumer.receive(deadline, type);
        return message == null ? null : message.getBody(type);
    }

    @Override
    public void close() {
        PgJmsUnchecked.run(consumer::close);
    }
}
