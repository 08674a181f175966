// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.deadletter;

import io.pgqueue.Delivery;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.annotation.PgDeadLetterHandler;
import io.pgqueue.spring.annotation.PgListener;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.stereotype.Component;

/** Books invoices. What fails three times is a dead letter, and {@link InvoiceDesk} decides what becomes of it. */
@SpringBootApplication(proxyBeanMethods = false)
public class InvoicesApplication {

    private static final Logger LOG = LoggerFactory.getLogger(InvoicesApplication.class);

    record Invoice(String number, int total) {}

    /** Runs it on the database that {@code spring.datasource.url} names. */
    public static void main(String[] args) {
        new SpringApplicationBuilder(InvoicesApplication.class)
                .web(WebApplicationType.NONE)
                .run(args);
    }

    @Bean
    QueueSpec invoices() {
        RedeliveryPolicy policy = RedeliveryPolicy.DEFAULT
                .withMaxAttempts(3)
                .withBackoff(Duration.ofMillis(50), 2, Duration.ofSeconds(1));
        return QueueSpec.of("invoices").withSettings(SubscriptionSettings.DEFAULT.withRedelivery(policy));
    }

    @Bean
    ApplicationRunner sender(PgTemplate template) {
        return arguments -> template.convertAndSendAll(
                "invoices", List.of(new Invoice("A-1", 100), new Invoice("A-2", -7), new Invoice("A-3", 300)));
    }

    @Component
    static class Booking {

        final Queue<String> booked = new ConcurrentLinkedQueue<>();
        final Queue<String> dead = new ConcurrentLinkedQueue<>();

        @PgListener(queues = "invoices", id = "booking")
        void book(Invoice invoice, Delivery delivery) {
            LOG.info("Invoice {}, attempt {}", invoice.number(), delivery.attempts());
            if (invoice.total() < 0) {
                throw new IllegalArgumentException("total " + invoice.total() + " is negative");
            }
            booked.add(invoice.number() + " " + invoice.total());
        }

        /** For a message to somebody: the dead letter itself is stored already. */
        @PgDeadLetterHandler("booking")
        void dead(Invoice invoice, Exception error) {
            LOG.warn("Invoice {} needs a look: {}", invoice.number(), error.getMessage());
            dead.add(invoice.number());
        }
    }
}
