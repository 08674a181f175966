// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.annotation.Configuration;
import org.springframework.jms.annotation.JmsListener;
import org.springframework.jms.core.JmsTemplate;

/** Micrometer's instrumentation of sends and listeners, which Boot switches on. */
@PostgresTest(template = MigratedSchema.class)
class MicrometerIT {

    @Test
    void sendsAndListenersAreObserved(PGSimpleDataSource database) {
        Set<String> observed = new ConcurrentSkipListSet<>();
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new Recorder(observed));
        QueueApplication.jms(database)
                .withPropertyValues("pgqueue.missing-destination=create")
                .withBean(ObservationRegistry.class, () -> registry)
                .withUserConfiguration(Listener.class)
                .run(context -> {
                    context.getBean(JmsTemplate.class).convertAndSend("observed", "x");
                    await().atMost(Duration.ofSeconds(20))
                            .untilAsserted(
                                    () -> assertThat(observed).contains("jms.message.publish", "jms.message.process"));
                });
    }

    private record Recorder(Set<String> observed) implements ObservationHandler<Observation.Context> {

        @Override
        public void onStop(Observation.Context context) {
            observed.add(context.getName());
        }

        @Override
        public boolean supportsContext(Observation.Context context) {
            return true;
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Listener {

        @JmsListener(destination = "observed")
        void handle(String text) {}
    }
}
