// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.slice;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.QueueSpec;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.slice.WholeApplicationIT.Notes;
import io.pgqueue.spring.test.AutoConfigurePgQueue;
import io.pgqueue.spring.test.PgQueueTester;
import io.pgqueue.spring.testing.Note;
import jakarta.persistence.EntityManager;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** SPR-13: an application with JPA stays one, only its database is another. */
@SpringBootTest(classes = Notes.class, properties = "spring.jpa.hibernate.ddl-auto=create")
@AutoConfigurePgQueue
class WholeApplicationIT {

    @Test
    void itsDatabaseIsItsOwnAndItsTransactionsAreThoseOfJpa(
            @Autowired JdbcClient jdbc,
            @Autowired PlatformTransactionManager manager,
            @Autowired EntityManager entities,
            @Autowired PgTemplate template,
            @Autowired PgQueueTester tester) {
        assertThat(jdbc.sql("select current_database()").query(String.class).single())
                .startsWith("pgqueue_");
        assertThat(manager).isInstanceOf(JpaTransactionManager.class);
        new TransactionTemplate(manager).executeWithoutResult(status -> {
            entities.persist(new Note("rolled back"));
            template.convertAndSend("notes", "rolled back");
            status.setRollbackOnly();
        });
        tester.assertNothingSent("notes");
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EntityScan(basePackageClasses = Note.class)
    static class Notes {

        @Bean
        QueueSpec notes() {
            return QueueSpec.of("notes");
        }
    }
}
