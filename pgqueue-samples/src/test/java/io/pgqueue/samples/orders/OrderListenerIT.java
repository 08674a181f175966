// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.test.PgQueueTest;
import io.pgqueue.spring.test.PgQueueTester;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Import;

/** The consumer without the API. */
// snippet: spring-slice
@PgQueueTest(properties = "spring.config.location=classpath:orders/orders.yaml")
@Import(OrderRepository.class)
class OrderListenerIT {

    @Test
    void anEvenOrderIsProcessedAtTheSecondAttempt(
            @Autowired OrderRepository orders, @Autowired PgTemplate template, @Autowired PgQueueTester tester)
            throws InterruptedException {
        long id = orders.insert(new NewOrder(2, "Ada", new BigDecimal("99.99")));
        template.convertAndSend("order_queue", new OrderPlaced(id, 2));
        tester.awaitIdle("order_queue");
        assertThat(orders.find(id)).hasValueSatisfying(order -> {
            assertThat(order.state()).isEqualTo("PROCESSED");
            assertThat(order.attempts()).isEqualTo(2);
        });
    }
}
// end snippet
