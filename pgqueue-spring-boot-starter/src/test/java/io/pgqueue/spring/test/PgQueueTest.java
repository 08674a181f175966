// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.autoconfigure.OverrideAutoConfiguration;
import org.springframework.boot.test.context.filter.annotation.TypeExcludeFilters;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.core.annotation.AliasFor;
import org.springframework.test.context.BootstrapWith;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * Tests listeners and senders of a Spring Boot application, without the rest of it. Of its components only those with
 * {@code @PgListener} or {@code @JmsListener} are found; others that they need are imported by the test or named by
 * {@link #includeFilters}. This starter, JDBC, Spring JMS, JSON and transactions are configured, on a database of its own
 * for each application context ({@link AutoConfigurePgQueue}). Nothing is rolled back after a test method: listeners would not see uncommitted messages.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@BootstrapWith(PgQueueTestContextBootstrapper.class)
@ExtendWith(SpringExtension.class)
@OverrideAutoConfiguration(enabled = false)
@TypeExcludeFilters(PgQueueTypeExcludeFilter.class)
@AutoConfigurePgQueue
@ImportAutoConfiguration
public @interface PgQueueTest {

    /** Properties of the application for this test, each as {@code name=value}. */
    String[] properties() default {};

    /** Which database the test works on. */
    @AliasFor(annotation = AutoConfigurePgQueue.class, attribute = "database")
    AutoConfigurePgQueue.Database database() default AutoConfigurePgQueue.Database.OWN;

    /** Whether components with listeners are found; otherwise only {@link #includeFilters} are. */
    boolean useDefaultFilters() default true;

    /** Components that are found as well. */
    Filter[] includeFilters() default {};

    /** Components that are not found. */
    Filter[] excludeFilters() default {};

    /** Auto-configurations that are left out. */
    @AliasFor(annotation = ImportAutoConfiguration.class, attribute = "exclude")
    Class<?>[] excludeAutoConfiguration() default {};
}
