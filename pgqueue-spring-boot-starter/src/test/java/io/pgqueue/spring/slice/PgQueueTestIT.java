// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.slice;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.test.PgQueueTest;
import io.pgqueue.spring.test.PgQueueTester;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.context.annotation.FilterType;
import org.springframework.jdbc.core.simple.JdbcClient;

/** SPR-13. */
@PgQueueTest(
        properties = {"parcels.mark=seen", "spring.datasource.url=jdbc:postgresql://localhost:1/never"},
        includeFilters = @Filter(type = FilterType.ASSIGNABLE_TYPE, classes = Shelf.class))
class PgQueueTestIT {

    @Test
    void aListenerWorksWithWhatTheTestNames(
            @Autowired PgTemplate template, @Autowired PgQueueTester tester, @Autowired Shelf shelf) throws Exception {
        template.convertAndSend("parcels", "one");
        tester.awaitIdle("parcels");
        assertThat(shelf.parcels).contains("seen one");
    }

    @Test
    void theDatabaseIsItsOwnAndTheRestOfTheApplicationIsNotThere(
            @Autowired ApplicationContext context, @Autowired JdbcClient jdbc) {
        assertThat(jdbc.sql("select current_database()").query(String.class).single())
                .startsWith("pgqueue_");
        assertThat(context.getBeanNamesForType(Elsewhere.class)).isEmpty();
    }
}
