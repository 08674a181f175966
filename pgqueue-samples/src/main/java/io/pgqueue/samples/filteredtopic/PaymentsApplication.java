// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.filteredtopic;

import io.pgqueue.PublishResult;
import io.pgqueue.TopicSpec;
import io.pgqueue.spring.PgTemplate;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;

/** Sends payments to a topic. Filters are decided when a payment is sent: what nobody wants is not stored. */
@SpringBootApplication(proxyBeanMethods = false)
public class PaymentsApplication {

    record Customer(String name, String country) {}

    record Payment(String id, Customer customer) {}

    /** Runs it on the database that {@code spring.datasource.url} names. */
    public static void main(String[] args) {
        new SpringApplicationBuilder(PaymentsApplication.class)
                .web(WebApplicationType.NONE)
                .run(args);
    }

    /** The topic is declared here, its subscriptions where they are listened to. */
    @Bean
    TopicSpec payments() {
        return TopicSpec.of("payments");
    }

    @Bean
    ApplicationRunner sender(PgTemplate template) {
        return arguments -> {
            pay(template, new Payment("p1", new Customer("Ada", "CH")), 20, "cash");
            pay(template, new Payment("p2", new Customer("Grace", "US")), 5000, "card");
            pay(template, new Payment("p3", new Customer("Niklaus", "CH")), 2000, "transfer");
        };
    }

    /** Properties are for selectors and attribute filters; a body filter looks into the JSON itself. */
    static PublishResult pay(PgTemplate template, Payment payment, int amount, String method) {
        return template.destination("payments")
                .property("amount", amount)
                .property("method", method)
                .send(payment);
    }
}
