// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A session, and a queue of its own for each test. */
@PostgresTest(template = MigratedSchema.class)
abstract class OneQueue {

    private static int names;

    private final String settings;

    Sql sql;
    String queue;
    int subscription;

    OneQueue() {
        this("{}");
    }

    /** @param settings of the queue, as JSON */
    OneQueue(String settings) {
        this.settings = settings;
    }

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        queue = "queue" + names++;
        subscription = sql.queue(queue, settings);
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }
}
