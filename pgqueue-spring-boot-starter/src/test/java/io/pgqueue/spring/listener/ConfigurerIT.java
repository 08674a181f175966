// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.Delivery;
import io.pgqueue.QueueSpec;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.annotation.PgListenerConfigurer;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Listeners that a configuration registers, beside annotated ones. */
@PostgresTest(template = MigratedSchema.class)
class ConfigurerIT {

    @Test
    void whatAConfigurerRegistersListens(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withUserConfiguration(Regions.class)
                .withPropertyValues("regions=north,south")
                .run(context -> {
                    PgOperations template = context.getBean(PgOperations.class);
                    Regions regions = context.getBean(Regions.class);
                    template.convertAndSend("orders.north", "1");
                    template.convertAndSend("orders.south", "2");
                    await().atMost(ListenerTest.LONG).until(() -> regions.seen.size() == 2);
                    assertThat(regions.seen).containsExactlyInAnyOrder("north 1", "south 2");
                    assertThat(context.getBean(PgListenerEndpointRegistry.class).getListenerContainerIds())
                            .containsExactlyInAnyOrder("north", "south", "annotated");
                });
    }

    @Test
    void anIdThatIsTakenStopsTheStart(PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withUserConfiguration(Regions.class)
                .withPropertyValues("regions=north")
                .withBean(
                        PgListenerConfigurer.class,
                        () -> registrar -> registrar.registerEndpoint(PgListenerEndpoint.ofQueue(
                                "annotated", "orders.north", (delivery, acknowledgement) -> {})))
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasMessageContaining("There are two listeners with id 'annotated'"));
    }

    @Configuration(proxyBeanMethods = false)
    static class Regions {

        final List<String> seen = new CopyOnWriteArrayList<>();

        @Bean
        static QueueSpec north() {
            return QueueSpec.of("orders.north");
        }

        @Bean
        static QueueSpec south() {
            return QueueSpec.of("orders.south");
        }

        // snippet: spring-configurer
        @Bean
        PgListenerConfigurer listenersOfRegions(@Value("${regions}") String[] regions) {
            return registrar -> {
                for (String region : regions) {
                    registrar.registerEndpoint(PgListenerEndpoint.ofQueue(
                                    region, "orders." + region, (delivery, acknowledgement) -> handle(region, delivery))
                            .withOptions(options -> options.concurrency(2)));
                }
            };
        }
        // end snippet

        private void handle(String region, Delivery delivery) {
            seen.add(region + " " + delivery.text());
        }

        @PgListener(queues = "orders.north", id = "annotated", autoStartup = "false")
        void unused(String order) {}
    }
}
