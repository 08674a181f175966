// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs.byhand;

import io.pgqueue.QueueSpec;
import io.pgqueue.SchemaName;
import io.pgqueue.client.PgQueue;
import io.pgqueue.jdbc.ConnectionSource;
import io.pgqueue.jms.PgJmsConnectionFactory;
import io.pgqueue.schema.SchemaMigrator;
import jakarta.jms.ConnectionFactory;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

// snippet: byhand-beans
@Configuration(proxyBeanMethods = false)
class QueueConfiguration {

    @Bean
    JoinedTransactions queueConnections(DataSource dataSource) {
        return new JoinedTransactions(dataSource);
    }

    @Bean
    PgQueue queue(ConnectionSource connections) {
        new SchemaMigrator(connections, SchemaName.DEFAULT).migrate();
        PgQueue queue = PgQueue.builder(connections).build();
        queue.admin().declareQueue(QueueSpec.of("shipments"));
        return queue;
    }

    /** For JmsTemplate, if spring-jms is there. */
    @Bean
    ConnectionFactory connectionFactory(PgQueue queue, ConnectionSource connections) {
        return new PgJmsConnectionFactory(queue, connections);
    }
}
// end snippet
