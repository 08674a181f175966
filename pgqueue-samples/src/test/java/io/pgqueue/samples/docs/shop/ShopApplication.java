// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs.shop;

import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import java.time.Duration;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** The Spring examples of the documents. */
@SpringBootApplication(proxyBeanMethods = false)
class ShopApplication {

    // snippet: spring-queue
    @Bean
    QueueSpec shippingQueue() {
        RedeliveryPolicy threeAttempts =
                RedeliveryPolicy.DEFAULT.withMaxAttempts(3).withFixedBackoff(Duration.ofMillis(500));
        return QueueSpec.of("shipping").withSettings(SubscriptionSettings.DEFAULT.withRedelivery(threeAttempts));
    }
    // end snippet
}
