// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.jdbc.JdbcUrl;
import io.pgqueue.wakeup.Wakeups;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/** The connection that listens: a plain one, because a pooled one would be taken away or kept from others for ever. */
final class ListenConnections {

    private static final Logger LOG = LoggerFactory.getLogger(ListenConnections.class);

    private ListenConnections() {}

    /** Null when the way to the database is not known. */
    static Wakeups.@Nullable ListenConnection of(
            PgQueueProperties.Wakeup wakeup, @Nullable JdbcConnectionDetails details, DataSource dataSource) {
        SimpleDriverDataSource plain = dataSource(wakeup, details, dataSource);
        if (plain == null) {
            return null;
        }
        Properties properties = new Properties();
        properties.setProperty("ApplicationName", "pgqueue-listen");
        properties.setProperty("tcpKeepAlive", "true");
        plain.setConnectionProperties(properties);
        return plain::getConnection;
    }

    private static @Nullable SimpleDriverDataSource dataSource(
            PgQueueProperties.Wakeup wakeup, @Nullable JdbcConnectionDetails details, DataSource dataSource) {
        if (details != null) {
            return build(
                    DataSourceBuilder.create(),
                    orElse(wakeup.url(), details.getJdbcUrl()),
                    orElse(wakeup.username(), details.getUsername()),
                    orElse(wakeup.password(), details.getPassword()));
        }
        try {
            return build(DataSourceBuilder.derivedFrom(dataSource), wakeup.url(), wakeup.username(), wakeup.password());
        } catch (RuntimeException e) {
            if (wakeup.url() != null) {
                return build(DataSourceBuilder.create(), wakeup.url(), wakeup.username(), wakeup.password());
            }
            LOG.warn(
                    "The URL of {} is not known, so wake-ups of other JVMs are not listened for and their messages are "
                            + "found by polling; set pgqueue.wakeup.url, or pgqueue.wakeup.enabled=false if that is meant",
                    JdbcUrl.withoutCredentials(dataSource));
            LOG.debug("Why it is not known", e);
            return null;
        }
    }

    private static SimpleDriverDataSource build(
            DataSourceBuilder<?> builder, @Nullable String url, @Nullable String username, @Nullable String password) {
        if (url != null) {
            builder.url(url);
        }
        if (username != null) {
            builder.username(username);
        }
        if (password != null) {
            builder.password(password);
        }
        return builder.type(SimpleDriverDataSource.class).build();
    }

    private static @Nullable String orElse(@Nullable String value, @Nullable String other) {
        return value != null ? value : other;
    }
}
