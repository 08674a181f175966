// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives a JUnit test class a database of its own, dropped after its last test. Parameters and empty fields of type
 * {@link DataSource} or {@link org.postgresql.ds.PGSimpleDataSource} receive it; every connection is a new physical one.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(PostgresExtension.class)
public @interface PostgresTest {

    /**
     * Fills the database, for example with a schema. It has a no-argument constructor and runs once per JVM, on a
     * template that the databases of all test classes naming it are copied from. It must close its connections.
     */
    Class<? extends Consumer<DataSource>> template() default EmptyDatabase.class;

    /**
     * The database's time zone. Sessions of pgjdbc take the JVM's zone ({@code user.timezone}) instead, so both should
     * be one with daylight saving time.
     */
    String timeZone() default "Australia/Lord_Howe";

    /** Leaves the database as PostgreSQL created it. */
    final class EmptyDatabase implements Consumer<DataSource> {

        @Override
        public void accept(DataSource dataSource) {}
    }
}
