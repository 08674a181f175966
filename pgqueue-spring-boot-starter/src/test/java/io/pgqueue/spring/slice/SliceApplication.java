// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.slice;

import io.pgqueue.QueueSpec;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication(proxyBeanMethods = false)
class SliceApplication {

    @Bean
    QueueSpec parcels() {
        return QueueSpec.of("parcels");
    }
}
