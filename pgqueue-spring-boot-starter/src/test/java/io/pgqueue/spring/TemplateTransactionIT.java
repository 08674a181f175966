// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.spring.testing.Note;
import io.pgqueue.spring.testing.NoteMapper;
import io.pgqueue.spring.testing.QueueApplication;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.persistence.EntityManager;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.apache.ibatis.annotations.Mapper;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.jooq.impl.DataSourceConnectionProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mybatis.spring.annotation.MapperScan;
import org.mybatis.spring.boot.autoconfigure.MybatisAutoConfiguration;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A business row and a message, written by every tool in every kind of transaction, share its fate. */
@PostgresTest(template = MigratedSchema.class)
class TemplateTransactionIT {

    /** How a template changes what is in a queue. */
    enum Way {
        ONE(template -> template.convertAndSend("notes", "x")),
        SEVERAL(template -> template.convertAndSendAll("notes", List.of("x", "y"))),
        MESSAGE(template -> template.send("notes", OutgoingMessage.text("x").build())),
        IN_THE_BACKGROUND(template -> template.destination("notes").sendAsync("x")),
        TRACKED(template -> template.destination("notes").sendTracked("x", Duration.ofMinutes(1))),
        CANCELLED(template -> template.cancel(UUID.randomUUID())),
        RESCHEDULED(template -> template.reschedule(UUID.randomUUID(), Instant.now()));

        private final Consumer<PgTemplate> of;

        Way(Consumer<PgTemplate> of) {
            this.of = of;
        }
    }

    /** What writes the business row. */
    enum Tool {
        JDBC_TEMPLATE((context, text) ->
                context.getBean(JdbcTemplate.class).update("insert into note (text) values (?)", text)),
        JDBC_CLIENT((context, text) -> JdbcClient.create(context.getBean(DataSource.class))
                .sql("insert into note (text) values (?)")
                .param(text)
                .update()),
        JOOQ((context, text) -> DSL.using(
                        new DataSourceConnectionProvider(
                                new TransactionAwareDataSourceProxy(context.getBean(DataSource.class))),
                        SQLDialect.POSTGRES)
                .execute("insert into note (text) values (?)", text)),
        MYBATIS((context, text) -> context.getBean(NoteMapper.class).insert(text)),
        JPA((context, text) -> context.getBean(EntityManager.class).persist(new Note(text)));

        private final BiConsumer<ApplicationContext, String> write;

        Tool(BiConsumer<ApplicationContext, String> write) {
            this.write = write;
        }
    }

    /** Which transaction manager and DataSource the application has. */
    enum Application {
        JDBC {
            @Override
            ApplicationContextRunner on(PGSimpleDataSource database) {
                return mybatis(database);
            }
        },
        JPA {
            @Override
            ApplicationContextRunner on(PGSimpleDataSource database) {
                return mybatis(database)
                        .withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
                        .withUserConfiguration(Entities.class);
            }
        },
        LAZY_CONNECTION {
            @Override
            ApplicationContextRunner on(PGSimpleDataSource database) {
                return mybatis(database).withBean(DataSource.class, () -> new LazyConnectionDataSourceProxy(database));
            }
        },
        TRANSACTION_AWARE_PROXY {
            @Override
            ApplicationContextRunner on(PGSimpleDataSource database) {
                return mybatis(database)
                        .withBean(DataSource.class, () -> new TransactionAwareDataSourceProxy(database));
            }
        };

        abstract ApplicationContextRunner on(PGSimpleDataSource database);
    }

    static Stream<Arguments> toolsInApplications() {
        return Stream.of(Application.values())
                .flatMap(application -> Stream.of(Tool.values())
                        .filter(tool -> tool != Tool.JPA || application == Application.JPA)
                        .map(tool -> Arguments.of(application, tool)));
    }

    @ParameterizedTest
    @MethodSource("toolsInApplications")
    void rowAndMessageCommitTogether(Application application, Tool tool, PGSimpleDataSource database) {
        run(application.on(database), context -> {
            transaction(context).executeWithoutResult(status -> {
                tool.write.accept(context, "x");
                context.getBean(PgTemplate.class).convertAndSend("notes", "x");
            });
            JdbcTemplate jdbc = new JdbcTemplate(database);
            assertThat(jdbc.queryForList("select xmin::text from pgqueue.delivery", String.class))
                    .as("one message, of the transaction that wrote the row")
                    .isEqualTo(jdbc.queryForList("select xmin::text from note", String.class))
                    .hasSize(1);
        });
    }

    @ParameterizedTest
    @MethodSource("toolsInApplications")
    void rowAndMessageRollBackTogether(Application application, Tool tool, PGSimpleDataSource database) {
        run(application.on(database), context -> {
            assertThatThrownBy(() -> transaction(context).executeWithoutResult(status -> {
                        context.getBean(PgTemplate.class).convertAndSend("notes", "x");
                        tool.write.accept(context, "x");
                        throw new IllegalStateException("on purpose");
                    }))
                    .hasMessage("on purpose");
            assertCounts(database, 0, 0);
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"JDBC", "JPA"})
    void aTransactionOfItsOwnOutlivesTheOuterOne(Application application, PGSimpleDataSource database) {
        run(application.on(database), context -> {
            transaction(context).executeWithoutResult(outer -> {
                Tool.JDBC_TEMPLATE.write.accept(context, "outer");
                TransactionTemplate inner = transaction(context);
                inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
                inner.executeWithoutResult(
                        status -> context.getBean(PgTemplate.class).convertAndSend("notes", "inner"));
                outer.setRollbackOnly();
            });
            assertCounts(database, 0, 1);
        });
    }

    @Test
    void aRolledBackSavepointTakesItsMessageAlong(PGSimpleDataSource database) {
        run(Application.JDBC.on(database), context -> {
            PgTemplate template = context.getBean(PgTemplate.class);
            transaction(context).executeWithoutResult(outer -> {
                Tool.JDBC_TEMPLATE.write.accept(context, "outer");
                template.convertAndSend("notes", "outer");
                TransactionTemplate nested = transaction(context);
                nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
                nested.executeWithoutResult(status -> {
                    Tool.JDBC_TEMPLATE.write.accept(context, "nested");
                    template.convertAndSend("notes", "nested");
                    status.setRollbackOnly();
                });
            });
            assertCounts(database, 1, 1);
            assertThat(context.getBean(PgQueue.class).receiver("notes").receive(10))
                    .singleElement()
                    .satisfies(delivery -> assertThat(delivery.text()).isEqualTo("outer"));
        });
    }

    /**
     * TX-1. Another manager's transaction: a connection of ours that it keeps is auto-commit and its holder counts as
     * synchronized, which must not be taken for a transaction.
     */
    @ParameterizedTest
    @EnumSource(names = {"JDBC", "JPA"})
    void aForeignTransactionIsRefusedUnlessOneOfItsOwnIsAskedFor(Application application, PGSimpleDataSource database) {
        run(application.on(database), context -> {
            PgTemplate template = context.getBean(PgTemplate.class);
            foreign(database).executeWithoutResult(status -> {
                Tool.JDBC_TEMPLATE.write.accept(context, "x");
                assertThatThrownBy(() -> template.convertAndSend("notes", "x"))
                        .isInstanceOf(IllegalTransactionStateException.class)
                        .hasMessageContaining("another transaction manager");
                template.destination("notes")
                        .transaction(TemplateTransaction.REQUIRES_NEW)
                        .send("x");
                status.setRollbackOnly();
            });
            assertCounts(database, 1, 1);
        });
    }

    /** TX-1: as above, whichever way a message is sent, recalled or moved. */
    @ParameterizedTest
    @EnumSource
    void everyWayRefusesAForeignTransaction(Way way, PGSimpleDataSource database) {
        run(Application.JDBC.on(database), context -> {
            PgTemplate template = context.getBean(PgTemplate.class);
            assertThatThrownBy(() -> foreign(database).executeWithoutResult(status -> way.of.accept(template)))
                    .isInstanceOf(IllegalTransactionStateException.class)
                    .hasMessageContaining("cannot join the current transaction")
                    .hasMessageContaining("another transaction manager or DataSource");
            assertCounts(database, 0, 0);
            foreign(database)
                    .executeWithoutResult(status -> assertThatThrownBy(() -> way.of.accept(template))
                            .as("and nothing is left when that goes on and commits")
                            .isInstanceOf(IllegalTransactionStateException.class));
            assertCounts(database, 0, 0);
        });
    }

    @Test
    void mandatoryRefusesWithoutATransactionOfOurs(PGSimpleDataSource database) {
        run(Application.JDBC.on(database).withPropertyValues("pgqueue.template.transaction=mandatory"), context -> {
            PgTemplate template = context.getBean(PgTemplate.class);
            assertThatThrownBy(() -> template.convertAndSend("notes", "x"))
                    .isInstanceOf(IllegalTransactionStateException.class)
                    .hasMessageContaining("there is none");
            assertThatThrownBy(() ->
                            foreign(database).executeWithoutResult(status -> template.convertAndSend("notes", "x")))
                    .isInstanceOf(IllegalTransactionStateException.class)
                    .hasMessageContaining("another transaction manager");
            transaction(context).executeWithoutResult(status -> template.convertAndSend("notes", "x"));
            assertCounts(database, 0, 1);
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"JDBC", "JPA"})
    void requiresNewSendsWhateverBecomesOfTheCaller(Application application, PGSimpleDataSource database) {
        run(application.on(database).withPropertyValues("pgqueue.template.transaction=requires-new"), context -> {
            PgTemplate template = context.getBean(PgTemplate.class);
            transaction(context).executeWithoutResult(status -> {
                template.convertAndSendAll("notes", List.of("x", "y"));
                status.setRollbackOnly();
            });
            template.convertAndSend("notes", "z");
            assertCounts(database, 0, 3);
        });
    }

    @Test
    void aSendAfterTheCommitIsKept(PGSimpleDataSource database) {
        run(Application.JDBC.on(database), context -> {
            transaction(context)
                    .executeWithoutResult(status ->
                            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                                @Override
                                public void afterCommit() {
                                    context.getBean(PgTemplate.class).convertAndSend("notes", "late");
                                }
                            }));
            assertCounts(database, 0, 1);
        });
    }

    /** NOTIFY in the caller's transaction would make this fail. */
    @Test
    void aTransactionThatSentCanBePrepared(PGSimpleDataSource database) {
        run(Application.JDBC.on(database), context -> {
            JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
            transaction(context).executeWithoutResult(status -> {
                context.getBean(PgTemplate.class).convertAndSend("notes", "x");
                jdbc.execute("prepare transaction 'sent'");
            });
            assertCounts(database, 0, 0);
            jdbc.execute("commit prepared 'sent'");
            assertCounts(database, 0, 1);
        });
    }

    private static void run(ApplicationContextRunner runner, ContextConsumer<ApplicationContext> work) {
        runner.withBean(QueueSpec.class, () -> QueueSpec.of("notes")).run(context -> {
            assertThat(context).hasNotFailed();
            work.accept(context);
        });
    }

    private static ApplicationContextRunner mybatis(PGSimpleDataSource database) {
        JdbcTemplate jdbc = new JdbcTemplate(database);
        jdbc.execute("create table if not exists note (id bigint generated always as identity primary key, text text)");
        jdbc.execute("truncate note");
        if (Boolean.TRUE.equals(
                jdbc.queryForObject("select exists (select from pgqueue.destination)", Boolean.class))) {
            PgQueue queue = PgQueue.builder(database).maintenance(false).build();
            queue.admin().dropDestination("notes", true);
            queue.close();
        }
        return QueueApplication.on(database)
                .withConfiguration(AutoConfigurations.of(MybatisAutoConfiguration.class))
                .withUserConfiguration(Mappers.class)
                .withPropertyValues("spring.jpa.open-in-view=false");
    }

    private static TransactionTemplate transaction(ApplicationContext context) {
        PlatformTransactionManager manager = context.getBean(PlatformTransactionManager.class);
        assertThat(manager).isInstanceOfAny(JdbcTransactionManager.class, JpaTransactionManager.class);
        return new TransactionTemplate(manager);
    }

    private static TransactionTemplate foreign(PGSimpleDataSource database) {
        return new TransactionTemplate(new JdbcTransactionManager(database));
    }

    private static void assertCounts(PGSimpleDataSource database, int notes, int messages) {
        JdbcTemplate jdbc = new JdbcTemplate(database);
        assertThat(jdbc.queryForObject("select count(*) from note", Integer.class))
                .as("business rows")
                .isEqualTo(notes);
        assertThat(jdbc.queryForObject("select count(*) from pgqueue.delivery", Integer.class))
                .as("messages")
                .isEqualTo(messages);
    }

    @Configuration(proxyBeanMethods = false)
    @MapperScan(basePackageClasses = NoteMapper.class, annotationClass = Mapper.class)
    static class Mappers {}

    @Configuration(proxyBeanMethods = false)
    @EntityScan(basePackageClasses = Note.class)
    static class Entities {}
}
