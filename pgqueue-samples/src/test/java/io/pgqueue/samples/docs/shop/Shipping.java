// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs.shop;

import io.pgqueue.Delivery;
import io.pgqueue.spring.annotation.PgListener;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

// snippet: spring-listen
@Component
class Shipping {

    private final JdbcClient jdbc;

    Shipping(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @PgListener(queues = "shipping", concurrency = "4")
    void ship(Shipment shipment, Delivery delivery) {
        jdbc.sql("insert into parcels (id, attempt) values (?, ?)")
                .params(shipment.orderId(), delivery.attempts())
                .update();
        if (shipment.address().isEmpty()) {
            throw new IllegalArgumentException("Order " + shipment.orderId() + " has no address");
        }
    }
}
// end snippet
