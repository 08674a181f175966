// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.QueueSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.testing.Note;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.CompletionListener;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.Message;
import jakarta.persistence.EntityManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.jms.IllegalStateException;
import org.springframework.jms.connection.JmsTransactionManager;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** A business row and what a JmsTemplate sends, whatever kind of session it uses, share the fate of the transaction. */
@PostgresTest(template = MigratedSchema.class)
class JmsSendTransactionIT {

    enum Application {
        JDBC {
            @Override
            ApplicationContextRunner on(PGSimpleDataSource database) {
                return QueueApplication.jms(database);
            }

            @Override
            void write(ApplicationContext context) {
                context.getBean(JdbcTemplate.class).update("insert into note (text) values ('x')");
            }
        },
        JPA {
            @Override
            ApplicationContextRunner on(PGSimpleDataSource database) {
                return QueueApplication.jms(database)
                        .withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
                        .withUserConfiguration(Entities.class);
            }

            @Override
            void write(ApplicationContext context) {
                context.getBean(EntityManager.class).persist(new Note("x"));
            }
        },
        TRANSACTED_SESSIONS {
            @Override
            ApplicationContextRunner on(PGSimpleDataSource database) {
                return JDBC.on(database).withPropertyValues("spring.jms.template.session.transacted=true");
            }

            @Override
            void write(ApplicationContext context) {
                JDBC.write(context);
            }
        };

        abstract ApplicationContextRunner on(PGSimpleDataSource database);

        abstract void write(ApplicationContext context);
    }

    @ParameterizedTest
    @EnumSource
    void rowAndMessageCommitTogether(Application application, PGSimpleDataSource database) {
        application.on(database).run(context -> {
            prepare(context);
            transaction(context).executeWithoutResult(status -> {
                context.getBean(JmsTemplate.class).convertAndSend("notes", "x");
                application.write(context);
            });
            JdbcTemplate jdbc = new JdbcTemplate(database);
            assertThat(jdbc.queryForList("select xmin::text from pgqueue.delivery", String.class))
                    .as("one message, of the transaction that wrote the row")
                    .isEqualTo(jdbc.queryForList("select xmin::text from note", String.class))
                    .hasSize(1);
        });
    }

    @ParameterizedTest
    @EnumSource
    void rowAndMessageRollBackTogether(Application application, PGSimpleDataSource database) {
        application.on(database).run(context -> {
            prepare(context);
            assertThatThrownBy(() -> transaction(context).executeWithoutResult(status -> {
                        application.write(context);
                        context.getBean(JmsTemplate.class).convertAndSend("notes", "x");
                        throw new UnsupportedOperationException("on purpose");
                    }))
                    .hasMessage("on purpose");
            assertThat(count(database, "note")).isZero();
            assertThat(count(database, "pgqueue.delivery")).isZero();
        });
    }

    @Test
    void aTransactionOfItsOwnOutlivesTheOuterOne(PGSimpleDataSource database) {
        Application.JDBC.on(database).run(context -> {
            prepare(context);
            transaction(context).executeWithoutResult(outer -> {
                Application.JDBC.write(context);
                TransactionTemplate inner = transaction(context);
                inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
                inner.executeWithoutResult(
                        status -> context.getBean(JmsTemplate.class).convertAndSend("notes", "inner"));
                outer.setRollbackOnly();
            });
            assertThat(count(database, "note")).isZero();
            assertThat(count(database, "pgqueue.delivery")).isEqualTo(1);
        });
    }

    /** TX-1: it would be out when that rolls back, and nobody was told. */
    @Test
    void aForeignTransactionIsRefusedUnlessOneOfItsOwnIsAskedFor(PGSimpleDataSource database) {
        Application.JDBC.on(database).run(context -> {
            prepare(context);
            JmsTemplate jms = context.getBean(JmsTemplate.class);
            foreign(database).executeWithoutResult(status -> {
                // A connection of ours that the other transaction keeps is none of a transaction of ours.
                Application.JDBC.write(context);
                assertThatThrownBy(() -> jms.convertAndSend("notes", "x"))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("'notes'")
                        .hasMessageContaining("another transaction manager")
                        .hasMessageContaining("Name the manager");
                assertThatThrownBy(() -> jms.execute("notes", (session, producer) -> {
                            producer.send(session.createMessage(), new Ignoring());
                            return null;
                        }))
                        .as("asynchronously")
                        .hasMessageContaining("another transaction manager");
                transaction(context).executeWithoutResult(own -> jms.convertAndSend("notes", "apart"));
                status.setRollbackOnly();
            });
            assertThat(jms.receiveAndConvert("notes")).isEqualTo("apart");
            assertThat(count(database, "pgqueue.delivery")).isZero();
        });
    }

    /** Spring commits the session after the other transaction, and not at all when that rolls back. */
    @Test
    void aTransactedSessionFollowsAForeignTransaction(PGSimpleDataSource database) {
        Application.TRANSACTED_SESSIONS.on(database).run(context -> {
            prepare(context);
            JmsTemplate jms = context.getBean(JmsTemplate.class);
            foreign(database).executeWithoutResult(status -> {
                jms.convertAndSend("notes", "x");
                status.setRollbackOnly();
            });
            assertThat(count(database, "pgqueue.delivery")).isZero();
            foreign(database).executeWithoutResult(status -> jms.convertAndSend("notes", "x"));
            assertThat(count(database, "pgqueue.delivery")).isEqualTo(1);
        });
    }

    /** The session of a JmsTransactionManager is part of its transaction, whatever that says of databases. */
    @Test
    void theTransactionOfASessionIsNotForeignToIt(PGSimpleDataSource database) {
        Application.JDBC.on(database).run(context -> {
            prepare(context);
            TransactionTemplate transaction =
                    new TransactionTemplate(new JmsTransactionManager(context.getBean(ConnectionFactory.class)));
            JmsTemplate jms = context.getBean(JmsTemplate.class);
            transaction.executeWithoutResult(status -> {
                jms.convertAndSend("notes", "x");
                status.setRollbackOnly();
            });
            assertThat(count(database, "pgqueue.delivery")).isZero();
            transaction.executeWithoutResult(status -> jms.convertAndSend("notes", "x"));
            assertThat(count(database, "pgqueue.delivery")).isEqualTo(1);
        });
    }

    private static TransactionTemplate foreign(PGSimpleDataSource database) {
        return new TransactionTemplate(new JdbcTransactionManager(database));
    }

    private static final class Ignoring implements CompletionListener {

        @Override
        public void onCompletion(Message message) {}

        @Override
        public void onException(Message message, Exception exception) {}
    }

    /** A second one for each send would block all threads of an application that has as many as its pool. */
    @Test
    void aSendInATransactionNeedsNoSecondConnection(PGSimpleDataSource database) {
        QueueApplication.jms(database)
                .withPropertyValues(
                        "spring.datasource.hikari.maximum-pool-size=1",
                        "spring.datasource.hikari.connection-timeout=2000",
                        "pgqueue.maintenance.enabled=false")
                .run(context -> {
                    prepare(context);
                    transaction(context).executeWithoutResult(status -> {
                        Application.JDBC.write(context);
                        context.getBean(JmsTemplate.class).convertAndSend("notes", "x");
                    });
                    assertThat(count(database, "pgqueue.delivery")).isEqualTo(1);
                });
    }

    private static void prepare(ApplicationContext context) {
        context.getBean(PgQueue.class).admin().declareQueue(QueueSpec.of("notes"));
        context.getBean(PgQueue.class).admin().purge(null, "notes", true);
        JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
        jdbc.execute("create table if not exists note (id bigint generated always as identity primary key, text text)");
        jdbc.execute("truncate note");
    }

    private static TransactionTemplate transaction(ApplicationContext context) {
        return new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
    }

    private static int count(PGSimpleDataSource database, String table) {
        Integer count = new JdbcTemplate(database).queryForObject("select count(*) from " + table, Integer.class);
        return count == null ? -1 : count;
    }

    @Configuration(proxyBeanMethods = false)
    @EntityScan(basePackageClasses = Note.class)
    static class Entities {}
}
