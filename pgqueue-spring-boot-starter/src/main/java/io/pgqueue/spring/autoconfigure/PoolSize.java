// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import com.zaxxer.hikari.HikariConfigMXBean;
import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.util.ClassUtils;

/** How many connections the pool has at most, as far as it is known. */
final class PoolSize {

    private static final boolean HIKARI =
            ClassUtils.isPresent("com.zaxxer.hikari.HikariDataSource", PoolSize.class.getClassLoader());

    private PoolSize() {}

    static @Nullable Integer of(DataSource dataSource) {
        return HIKARI ? Hikari.maximum(dataSource) : null;
    }

    /** Its own class, loaded only when the pool's classes are there. */
    private static final class Hikari {

        static @Nullable Integer maximum(DataSource dataSource) {
            HikariConfigMXBean pool =
                    DataSourceUnwrapper.unwrap(dataSource, HikariConfigMXBean.class, HikariDataSource.class);
            return pool == null ? null : pool.getMaximumPoolSize();
        }
    }
}
