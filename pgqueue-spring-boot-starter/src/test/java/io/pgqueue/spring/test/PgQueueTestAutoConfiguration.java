// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.test;

import io.pgqueue.client.PgQueue;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;

/** The database of a test and the means to look into it; see {@link AutoConfigurePgQueue}. */
@AutoConfiguration(before = DataSourceAutoConfiguration.class)
final class PgQueueTestAutoConfiguration {

    @Bean
    @ConditionalOnProperty(name = "pgqueue.test.database", havingValue = "OWN", matchIfMissing = true)
    @ConditionalOnMissingBean({JdbcConnectionDetails.class, DataSource.class})
    OwnDatabase pgQueueTestDatabase() {
        return new OwnDatabase();
    }

    @Bean
    @ConditionalOnMissingBean
    PgQueueTester pgQueueTester(PgQueue queue) {
        return new PgQueueTester(queue);
    }
}
