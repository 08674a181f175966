// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs.shop;

import io.pgqueue.spring.PgTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

// snippet: spring-send
@Service
class Checkout {

    private final JdbcClient jdbc;
    private final PgTemplate template;

    Checkout(JdbcClient jdbc, PgTemplate template) {
        this.jdbc = jdbc;
        this.template = template;
    }

    @Transactional
    public void buy(long orderId, String address) {
        jdbc.sql("insert into purchases (id) values (?)").param(orderId).update();
        template.convertAndSend("shipping", new Shipment(orderId, address));
    }
}
// end snippet
