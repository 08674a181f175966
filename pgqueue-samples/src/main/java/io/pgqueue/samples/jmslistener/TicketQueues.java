// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.jmslistener;

import io.pgqueue.QueueSpec;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * All that the move has added: the queues. A broker's starter went from the build, its properties from the configuration; the
 * database is the one the application has.
 */
@Configuration(proxyBeanMethods = false)
class TicketQueues {

    @Bean
    QueueSpec tickets() {
        return QueueSpec.of("tickets");
    }

    @Bean
    QueueSpec seats() {
        return QueueSpec.of("seats");
    }
}
