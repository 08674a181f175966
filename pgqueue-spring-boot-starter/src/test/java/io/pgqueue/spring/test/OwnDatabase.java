// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.test;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/** A database that lives as long as the application context; Boot makes its DataSource of it. */
final class OwnDatabase implements JdbcConnectionDetails, DisposableBean {

    private static final Logger LOG = LoggerFactory.getLogger(OwnDatabase.class);

    private final TestDatabase server;
    private final String name;
    private final PGSimpleDataSource connection;

    OwnDatabase() {
        this.server = TestDatabase.shared();
        this.name = server.createDatabase(server.template(MigratedSchema.class.getName(), MigratedSchema::new));
        this.connection = server.dataSource(name);
    }

    @Override
    public String getJdbcUrl() {
        return connection.getUrl();
    }

    @Override
    public @Nullable String getUsername() {
        return connection.getUser();
    }

    @Override
    public @Nullable String getPassword() {
        return connection.getPassword();
    }

    /** Contexts in the cache of Spring's tests end with the JVM, and then an embedded server may be gone before them. */
    @Override
    public void destroy() {
        try {
            server.dropDatabase(name);
        } catch (IllegalStateException e) {
            LOG.debug("Database {} could not be dropped", name, e);
        }
    }
}
