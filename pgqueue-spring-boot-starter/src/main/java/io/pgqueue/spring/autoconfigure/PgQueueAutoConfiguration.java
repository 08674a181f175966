// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueBuilder;
import io.pgqueue.client.PgQueueObserver;
import io.pgqueue.jdbc.StatementListener;
import io.pgqueue.schema.SchemaMigrator;
import io.pgqueue.spring.OutgoingMessagePostProcessor;
import io.pgqueue.spring.PgMessageConverter;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.wakeup.Wakeups;
import java.util.Map;
import javax.sql.DataSource;
import org.postgresql.Driver;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.transaction.PlatformTransactionManager;
import tools.jackson.databind.json.JsonMapper;

/**
 * Auto-configuration for sending: the {@link PgQueue} on the application's DataSource, its schema, and the
 * {@link PgTemplate}.
 */
@AutoConfiguration(
        after = {
            DataSourceAutoConfiguration.class,
            DataSourceTransactionManagerAutoConfiguration.class,
            TransactionAutoConfiguration.class,
            JacksonAutoConfiguration.class
        },
        afterName = "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration")
@ConditionalOnClass({PgQueue.class, Driver.class})
@ConditionalOnBooleanProperty(name = "pgqueue.enabled", matchIfMissing = true)
@Conditional(QueueDataSource.class)
@EnableConfigurationProperties(PgQueueProperties.class)
public final class PgQueueAutoConfiguration {

    PgQueueAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    SpringConnectionSource pgQueueConnectionSource(
            @PgQueueDataSource ObjectProvider<DataSource> qualified, ObjectProvider<DataSource> dataSource) {
        return new SpringConnectionSource(qualified.getIfAvailable(dataSource::getObject));
    }

    @Bean
    PgQueueSchemaInitializer pgQueueSchemaInitializer(SpringConnectionSource source, PgQueueProperties properties) {
        return new PgQueueSchemaInitializer(
                new SchemaMigrator(source, new PgQueuePropertiesMapper(properties).schemaName()),
                properties.schema().initialize());
    }

    @Bean
    @ConditionalOnMissingBean
    @DependsOnDatabaseInitialization
    PgQueue pgQueue(
            SpringConnectionSource source,
            PgQueueProperties properties,
            ObjectProvider<JdbcConnectionDetails> connectionDetails,
            @PgQueueDataSource ObjectProvider<DataSource> qualified,
            ObjectProvider<PgQueueObserver> observers,
            ObjectProvider<StatementListener> statementListeners,
            ObjectProvider<PgQueueCustomizer> customizers) {
        PgQueueBuilder builder = PgQueue.builder(source);
        new PgQueuePropertiesMapper(properties).configure(builder);
        builder.observer(PgQueueObserver.of(observers.orderedStream().toList()));
        statementListeners.orderedStream().forEach(builder::statementListener);
        if (properties.wakeup().enabled()) {
            // The details are those of the DataSource that Boot makes.
            JdbcConnectionDetails details =
                    qualified.getIfAvailable() == null ? connectionDetails.getIfAvailable() : null;
            Wakeups.ListenConnection listen = ListenConnections.of(properties.wakeup(), details, source.dataSource());
            if (listen != null) {
                builder.listenOn(listen);
            }
        }
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return builder.build();
    }

    @Bean
    OldRowsWatch pgQueueOldRowsWatch(PgQueue queue, PgQueueProperties properties, ApplicationEventPublisher publisher) {
        return new OldRowsWatch(queue, new PgQueuePropertiesMapper(properties).oldRowsHeld(), publisher);
    }

    @Bean
    QueueTransactionManager pgQueueTransactionManager(
            SpringConnectionSource source,
            PgQueueProperties properties,
            @PgQueueTransactionManager ObjectProvider<PlatformTransactionManager> qualified,
            ObjectProvider<PlatformTransactionManager> managers,
            ObjectProvider<Map<String, PlatformTransactionManager>> byName) {
        PlatformTransactionManager named = qualified.getIfAvailable();
        if (named != null) {
            source.requireManagedBy(named);
            return new QueueTransactionManager(named);
        }
        return QueueTransactionManager.choose(
                byName.getIfAvailable(Map::of),
                managers.getIfUnique(),
                source,
                properties.transaction().strict());
    }

    @Bean
    @ConditionalOnMissingBean
    PgMessageConverter pgQueueMessageConverter(ObjectProvider<JsonMapper> mapper) {
        return new PgMessageConverter(mapper.getIfUnique(
                () -> JsonMapper.builder().findAndAddModules().build()));
    }

    @Bean
    @ConditionalOnMissingBean(PgOperations.class)
    PgTemplate pgTemplate(
            PgQueue queue,
            SpringConnectionSource source,
            PgMessageConverter converter,
            PgQueueProperties properties,
            QueueTransactionManager transactions,
            ObjectProvider<OutgoingMessagePostProcessor> postProcessors,
            ObjectProvider<PgTemplateCustomizer> customizers) {
        PgTemplate.Builder builder = PgTemplate.builder(queue, source, converter, transactions.manager())
                .transaction(properties.template().transaction())
                .inheritsConversation(properties.template().inheritConversation());
        postProcessors.orderedStream().forEach(builder::postProcessor);
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return builder.build();
    }
}
