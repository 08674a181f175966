// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.jms.PgJmsConnectionFactory;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.JMSContext;
import java.util.Hashtable;
import java.util.Properties;
import javax.naming.CompositeName;
import javax.naming.spi.NamingManager;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What a directory does with a factory: it keeps the reference, and a lookup makes a factory of that. */
@PostgresTest(template = MigratedSchema.class)
class JndiIT {

    @Test
    void aFactoryThatWasLookedUpWorks(PGSimpleDataSource database) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("user", String.valueOf(database.getUser()));
        properties.setProperty("pgqueue.prefetch", "3");
        properties.setProperty("pgqueue.autoCreate", "true");
        try (PgJmsConnectionFactory bound = new PgJmsConnectionFactory(database.getURL(), properties)) {
            Object found = NamingManager.getObjectInstance(
                    bound.getReference(), new CompositeName("jms/pgqueue"), null, new Hashtable<>());
            assertThat(found).isInstanceOf(PgJmsConnectionFactory.class).hasToString(bound.toString());
            try (PgJmsConnectionFactory factory = (PgJmsConnectionFactory) found;
                    JMSContext context = factory.createContext()) {
                context.createProducer().send(context.createQueue("found"), "x");
                assertThat(context.createConsumer(context.createQueue("found")).receiveBody(String.class, 20_000))
                        .isEqualTo("x");
            }
        }
    }
}
