// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

import io.pgqueue.spring.PgTemplate;
import java.util.UUID;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Takes orders: the row and the message are committed together, or neither is there. */
@Service
class OrderService {

    private final OrderRepository orders;
    private final PgTemplate template;
    private final String queue;

    OrderService(OrderRepository orders, PgTemplate template, @Value("${orders.queue}") String queue) {
        this.orders = orders;
        this.template = template;
        this.queue = queue;
    }

    @Transactional
    public PlacedOrder place(NewOrder order) {
        long id = orders.insert(order);
        UUID messageId = template.convertAndSend(queue, new OrderPlaced(id, order.number()))
                .messageId();
        return new PlacedOrder(id, messageId);
    }
}
