// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.QueueSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.autoconfigure.PgDeliveryHandlerFactoryCustomizer;
import io.pgqueue.spring.testing.ListenerTest;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Min;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.validation.autoconfigure.ValidationAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.MethodParameter;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;

/** What applications bring to the parameters of their methods: constraints of Jakarta Validation, and kinds of their own. */
@PostgresTest(template = MigratedSchema.class)
class ValidationIT {

    record Parcel(@Min(1) int grams) {}

    record Tenant(String name) {}

    @ParameterizedTest
    @ValueSource(strings = {"parcels", "parcels.batch"})
    void whatBreaksAConstraintIsADeadLetterAtOnce(String queue, PGSimpleDataSource database) {
        QueueApplication.on(database)
                .withConfiguration(AutoConfigurations.of(ValidationAutoConfiguration.class))
                .withUserConfiguration(Parcels.class)
                .run(context -> {
                    PgOperations template = context.getBean(PgOperations.class);
                    template.convertAndSendAll(queue, List.of(new Parcel(7), new Parcel(0), new Parcel(8)));
                    PgQueue pgQueue = context.getBean(PgQueue.class);
                    await().atMost(ListenerTest.LONG)
                            .until(() -> pgQueue.admin().stats(queue).unfinished() == 0);
                    assertThat(context.getBean(Parcels.class).seen)
                            .contains(7, 8)
                            .doesNotContain(0);
                    assertThat(pgQueue.admin().deadLetters(queue).list(10))
                            .singleElement()
                            .satisfies(dead -> {
                                assertThat(dead.reason()).isEqualTo("UNREADABLE");
                                assertThat(dead.attempts()).isEqualTo(1);
                            });
                });
    }

    @Test
    void parametersMayBeOfAKindOfTheApplication(PGSimpleDataSource database) {
        QueueApplication.on(database).withUserConfiguration(Parcels.class).run(context -> {
            context.getBean(PgOperations.class)
                    .destination("parcels.tenants")
                    .property("tenant", "t1")
                    .send(new Parcel(3));
            List<Tenant> tenants = context.getBean(Parcels.class).tenants;
            await().atMost(ListenerTest.LONG).until(() -> !tenants.isEmpty());
            assertThat(tenants).containsExactly(new Tenant("t1"));
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Parcels {

        final List<Integer> seen = new CopyOnWriteArrayList<>();
        final List<Tenant> tenants = new CopyOnWriteArrayList<>();

        @Bean
        static QueueSpec parcels() {
            return QueueSpec.of("parcels");
        }

        @Bean
        static QueueSpec batch() {
            return QueueSpec.of("parcels.batch");
        }

        @Bean
        static QueueSpec ofTenants() {
            return QueueSpec.of("parcels.tenants");
        }

        // snippet: spring-argument-resolver
        @Bean
        static PgDeliveryHandlerFactoryCustomizer tenantParameters() {
            return builder -> builder.argumentResolver(new HandlerMethodArgumentResolver() {
                @Override
                public boolean supportsParameter(MethodParameter parameter) {
                    return parameter.getParameterType() == Tenant.class;
                }

                @Override
                public Object resolveArgument(MethodParameter parameter, Message<?> message) {
                    return new Tenant(String.valueOf(message.getHeaders().get("tenant")));
                }
            });
        }
        // end snippet

        @PgListener("parcels")
        void one(@Valid Parcel parcel) {
            seen.add(parcel.grams());
        }

        @PgListener(queues = "parcels.batch", batch = true)
        void many(@Valid List<Parcel> parcels) {
            parcels.forEach(parcel -> seen.add(parcel.grams()));
        }

        @PgListener("parcels.tenants")
        void ofTenant(Parcel parcel, Tenant tenant) {
            tenants.add(tenant);
        }
    }
}
