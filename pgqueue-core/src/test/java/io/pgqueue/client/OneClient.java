// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.QueueSpec;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.postgresql.ds.PGSimpleDataSource;

/** A client without maintenance, a session beside it, and a queue of its own for each test. */
@PostgresTest(template = MigratedSchema.class)
abstract class OneClient {

    private static int names;

    PGSimpleDataSource dataSource;
    PgQueue queue;
    Sql sql;
    String name;

    @BeforeEach
    void open(PGSimpleDataSource dataSource) throws SQLException {
        this.dataSource = dataSource;
        queue = PgQueue.builder(dataSource).maintenance(false).build();
        sql = new Sql(dataSource);
        name = "queue" + names++;
        queue.admin().declareQueue(QueueSpec.of(name));
    }

    @AfterEach
    void close() throws SQLException {
        queue.close();
        sql.close();
    }
}
