// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.client.PgQueue;
import io.pgqueue.testing.PostgresTest;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.aot.AotDetector;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.ConfigurableApplicationContext;

/** Run only with what was generated ahead of time: it is really that, and not the ordinary configuration. */
@PostgresTest
class AheadOfTimeCheck {

    @Test
    void theApplicationIsMadeOfGeneratedDefinitions(PGSimpleDataSource database) {
        assertThat(AotDetector.useGeneratedArtifacts()).isTrue();
        try (ConfigurableApplicationContext context = OrdersApplication.builder()
                .run(
                        "--server.port=0",
                        "--spring.datasource.url=" + database.getUrl(),
                        "--spring.datasource.username=" + database.getUser(),
                        "--spring.datasource.password=" + Objects.toString(database.getPassword(), ""))) {
            for (Class<?> type : new Class<?>[] {OrderListener.class, PgQueue.class}) {
                String name = context.getBeanNamesForType(type)[0];
                assertThat(context.getBeanFactory().getMergedBeanDefinition(name))
                        .isInstanceOfSatisfying(
                                RootBeanDefinition.class,
                                definition -> assertThat(definition.getInstanceSupplier())
                                        .as(name)
                                        .isNotNull());
            }
        }
    }
}
