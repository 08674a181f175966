// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.schema.SchemaMigrator;
import org.springframework.beans.factory.InitializingBean;

/** Installs, upgrades or checks the schema before anything that uses the database is made. */
final class PgQueueSchemaInitializer implements InitializingBean {

    private final SchemaMigrator migrator;
    private final SchemaInitialization initialization;

    PgQueueSchemaInitializer(SchemaMigrator migrator, SchemaInitialization initialization) {
        this.migrator = migrator;
        this.initialization = initialization;
    }

    @Override
    public void afterPropertiesSet() {
        switch (initialization) {
            case ALWAYS -> migrator.migrate();
            case VALIDATE -> migrator.validate();
            case NEVER -> {}
        }
    }
}
