// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** Connections for contenders: the same number for each, all of them open before a run begins. */
final class Pools {

    private Pools() {}

    static HikariDataSource open(DataSource server, String name, int connections) {
        return new HikariDataSource(config(server, name, connections));
    }

    /** @param settings made on each connection */
    static HikariDataSource open(DataSource server, String name, int connections, String settings) {
        HikariConfig config = config(server, name, connections);
        config.setConnectionInitSql(settings);
        return new HikariDataSource(config);
    }

    private static HikariConfig config(DataSource server, String name, int connections) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setDataSource(server);
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(connections);
        return config;
    }

    static void execute(DataSource server, String sql) throws SQLException {
        try (Connection connection = server.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
