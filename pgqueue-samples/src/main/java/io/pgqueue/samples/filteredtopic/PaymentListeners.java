// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.filteredtopic;

import io.pgqueue.samples.filteredtopic.PaymentsApplication.Payment;
import io.pgqueue.spring.annotation.PgListener;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Each subscription has its own copy of what meets its filter; a listener with a filter declares the subscription. */
@Component
class PaymentListeners {

    private static final Logger LOG = LoggerFactory.getLogger(PaymentListeners.class);

    final Queue<String> handled = new ConcurrentLinkedQueue<>();

    @PgListener(topic = "payments", subscription = "large", selector = "amount > 1000 AND method <> 'cash'")
    void large(Payment payment) {
        handle("large", payment);
    }

    @PgListener(topic = "payments", subscription = "cards", attributeFilter = "{\"method\": [\"card\", \"wallet\"]}")
    void cards(Payment payment) {
        handle("cards", payment);
    }

    @PgListener(topic = "payments", subscription = "swiss", bodyFilter = "{\"/customer/country\": [\"CH\"]}")
    void swiss(Payment payment) {
        handle("swiss", payment);
    }

    private void handle(String subscription, Payment payment) {
        LOG.info("{} gets {}", subscription, payment.id());
        handled.add(subscription + " " + payment.id());
    }
}
