// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.Delivery;
import java.util.HashMap;
import java.util.Map;
import org.springframework.messaging.MessageHeaders;

/**
 * Headers of a received message: its properties, and the others under the names of {@link PgHeaders}. A property called
 * {@code id} or {@code timestamp} is the sender's; Spring's own headers of that name are absent.
 */
final class DeliveryHeaders extends MessageHeaders {

    private static final long serialVersionUID = 1L;

    DeliveryHeaders(Delivery delivery) {
        super(Map.of(), ID_VALUE_NONE, -1L);
        getRawHeaders().putAll(of(delivery));
    }

    private static Map<String, Object> of(Delivery delivery) {
        Map<String, Object> all = new HashMap<>(delivery.properties());
        Delivery.Headers headers = delivery.headers();
        all.put(PgHeaders.MESSAGE_ID, delivery.messageId());
        all.put(PgHeaders.DESTINATION, delivery.destination());
        all.put(PgHeaders.SUBSCRIPTION, delivery.subscription());
        all.put(PgHeaders.ATTEMPTS, delivery.attempts());
        all.put(PgHeaders.REPLAYS, delivery.replays());
        all.put(PgHeaders.SENT_AT, headers.sentAt());
        all.put(PgHeaders.PRIORITY, headers.priority());
        all.put(PgHeaders.EXPIRES_AT, headers.expiresAt());
        all.put(PgHeaders.GROUP, headers.group());
        all.put(PgHeaders.CORRELATION_ID, headers.correlationId());
        all.put(PgHeaders.REPLY_TO, headers.replyTo());
        all.put(PgHeaders.TYPE, headers.type());
        all.put(CONTENT_TYPE, headers.contentType());
        all.values().removeIf(value -> value == null);
        return all;
    }
}
