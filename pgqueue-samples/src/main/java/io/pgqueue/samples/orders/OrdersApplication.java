// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

import io.pgqueue.QueueSpec;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;

/** The order API and the consumer in one application. {@code demo.OrdersDemo} runs it with everything around it. */
@SpringBootApplication(proxyBeanMethods = false)
public class OrdersApplication {

    /** Runs it alone, on the database that {@code spring.datasource.url} names. */
    public static void main(String[] args) {
        builder().run(args);
    }

    /** The application with its own configuration file; other scenarios of this module have theirs. */
    public static SpringApplicationBuilder builder() {
        return new SpringApplicationBuilder(OrdersApplication.class)
                .main(OrdersApplication.class)
                .properties("spring.config.location=classpath:orders/orders.yaml");
    }

    /** Declared when the application starts, unless it exists. */
    @Bean
    QueueSpec orderQueue(@Value("${orders.queue}") String name) {
        return QueueSpec.of(name);
    }
}
