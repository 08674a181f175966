// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/** A queue whose messages die of their first failure. */
abstract class DyingQueue extends OneQueue {

    DyingQueue() {
        super("{\"max_attempts\":1}");
    }

    long dead(int of) throws SQLException {
        return sql.number("select dead from pgqueue.stats(?)", of);
    }

    Held die() throws SQLException {
        Held held = sql.receive(subscription, 1).get(0);
        assertThat(sql.nack(held, 0L)).isEqualTo("dead");
        return held;
    }

    void nack(Held held) {
        try {
            sql.nack(held, 0L);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    List<UUID> redrive(UUID id) throws SQLException {
        java.sql.Array ids = sql.connection().createArrayOf("uuid", new UUID[] {id});
        return List.of(
                (UUID[]) ((java.sql.Array) sql.value("select redriven from pgqueue.redrive(?, ?)", subscription, ids))
                        .getArray());
    }
}
