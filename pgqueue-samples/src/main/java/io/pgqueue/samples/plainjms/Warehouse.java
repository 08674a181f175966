// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.plainjms;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Queue;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Uses nothing but Jakarta Messaging: another provider's connection factory would do. */
final class Warehouse {

    static final String PARCELS = "parcels";
    static final String PACKED = "packed";
    static final String EVENTS = "parcel-events";

    private static final long PATIENCE = 5_000;

    private final ConnectionFactory factory;

    Warehouse(ConnectionFactory factory) {
        this.factory = factory;
    }

    /** Parcels and events, to a queue and a topic, in one transaction of the session. */
    void order(List<String> parcels, String country) {
        try (JMSContext context = factory.createContext(JMSContext.SESSION_TRANSACTED)) {
            JMSProducer producer = context.createProducer().setProperty("country", country);
            for (String parcel : parcels) {
                producer.send(context.createQueue(PARCELS), parcel);
                producer.send(context.createTopic(EVENTS), parcel);
            }
            context.commit();
        }
    }

    /** Takes a parcel and sends it on; when that fails, both are undone, and the parcel comes again. */
    boolean pack(UnaryOperator<String> wrapping) {
        try (JMSContext context = factory.createContext(JMSContext.SESSION_TRANSACTED)) {
            Queue parcels = context.createQueue(PARCELS);
            try (JMSConsumer consumer = context.createConsumer(parcels)) {
                String parcel = consumer.receiveBody(String.class, PATIENCE);
                if (parcel == null) {
                    return false;
                }
                context.createProducer().send(context.createQueue(PACKED), wrapping.apply(parcel));
                context.commit();
                return true;
            } catch (RuntimeException e) {
                context.rollback();
                throw e;
            }
        }
    }

    /** A durable subscription that several watchers may share. The listener is called until the context is closed. */
    static void watchSwiss(JMSContext context, Consumer<String> watcher) {
        context.createSharedDurableConsumer(context.createTopic(EVENTS), "swiss", "country = 'CH'")
                .setMessageListener(message -> {
                    try {
                        watcher.accept(message.getBody(String.class));
                    } catch (JMSException e) {
                        throw new JMSRuntimeException(e.getMessage(), e.getErrorCode(), e);
                    }
                });
    }
}
