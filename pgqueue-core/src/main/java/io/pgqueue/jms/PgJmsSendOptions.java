// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;

/**
 * What a producer says about a send (Jakarta Messaging 3.1, sections 7.7 to 7.9). Immutable; the setters give a copy.
 *
 * @param deliveryMode {@link DeliveryMode#PERSISTENT} or {@link DeliveryMode#NON_PERSISTENT}
 * @param priority 0 to 9
 * @param timeToLive ms from the send call, 0 for ever, negative: expired at once
 * @param deliveryDelay ms from the send call, not negative
 * @param disableMessageId whether JMSMessageID is null (section 3.4.3)
 * @param disableTimestamp whether JMSTimestamp is 0 (section 3.4.4)
 */
record PgJmsSendOptions(
        int deliveryMode,
        int priority,
        long timeToLive,
        long deliveryDelay,
        boolean disableMessageId,
        boolean disableTimestamp) {

    static final PgJmsSendOptions DEFAULT = new PgJmsSendOptions(
            Message.DEFAULT_DELIVERY_MODE,
            Message.DEFAULT_PRIORITY,
            Message.DEFAULT_TIME_TO_LIVE,
            Message.DEFAULT_DELIVERY_DELAY,
            false,
            false);

    /** @throws JMSException if it is neither of the two modes */
    PgJmsSendOptions withDeliveryMode(int mode) throws JMSException {
        if (mode != DeliveryMode.PERSISTENT && mode != DeliveryMode.NON_PERSISTENT) {
            throw new JMSException("Delivery mode is " + mode + ", must be " + DeliveryMode.NON_PERSISTENT
                    + " (NON_PERSISTENT) or " + DeliveryMode.PERSISTENT + " (PERSISTENT)");
        }
        return new PgJmsSendOptions(mode, priority, timeToLive, deliveryDelay, disableMessageId, disableTimestamp);
    }

    /** @throws JMSException unless 0 to 9 (section 3.4.10) */
    PgJmsSendOptions withPriority(int priority) throws JMSException {
        if (priority < 0 || priority > 9) {
            throw new JMSException("Priority is " + priority + ", must be 0 to 9");
        }
        return new PgJmsSendOptions(
                deliveryMode, priority, timeToLive, deliveryDelay, disableMessageId, disableTimestamp);
    }

    PgJmsSendOptions withTimeToLive(long millis) {
        return new PgJmsSendOptions(deliveryMode, priority, millis, deliveryDelay, disableMessageId, disableTimestamp);
    }

    /** @throws JMSException if negative */
    PgJmsSendOptions withDeliveryDelay(long millis) throws JMSException {
        if (millis < 0) {
            throw new JMSException("Delivery delay is " + millis + " ms, must be 0 or more");
        }
        return new PgJmsSendOptions(deliveryMode, priority, timeToLive, millis, disableMessageId, disableTimestamp);
    }

    PgJmsSendOptions withDisableMessageId(boolean disable) {
        return new PgJmsSendOptions(deliveryMode, priority, timeToLive, deliveryDelay, disable, disableTimestamp);
    }

    PgJmsSendOptions withDisableTimestamp(boolean disable) {
        return new PgJmsSendOptions(deliveryMode, priority, timeToLive, deliveryDelay, disableMessageId, disable);
    }
}
