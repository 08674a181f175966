// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.PropertyMapping;

/**
 * Gives a test a database of its own and a {@link PgQueueTester}. {@link PgQueueTest} has it; beside
 * {@code @SpringBootTest} the whole application works on that database.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
@PropertyMapping("pgqueue.test")
public @interface AutoConfigurePgQueue {

    /** Which database the test works on. */
    Database database() default Database.OWN;

    /** Where messages of a test are kept. */
    enum Database {

        /**
         * A new one for each application context, dropped with it: on the server that {@code PGQUEUE_TEST_URL} names, else
         * in a container if a Docker engine answers, else on embedded binaries. It has the schema {@code pgqueue} already.
         * A {@code DataSource} or {@code JdbcConnectionDetails} bean, as {@code @ServiceConnection} makes one, goes first.
         */
        OWN,

        /** That of the application's configuration. */
        CONFIGURED
    }
}
