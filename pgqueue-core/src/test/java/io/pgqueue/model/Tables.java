// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import io.pgqueue.sql.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** What the tables hold, committed, at one moment. */
final class Tables {

    private static final String ALL = """
            select d.subscription_id, m.message_id, d.position, 'ring', d.attempts, d.epoch,
                   d.lease_until > clock_timestamp()
              from pgqueue.delivery d left join pgqueue.message m on m.slot = d.slot and m.id = d.position
            union all
            select subscription_id, message_id, position, 'scheduled', attempts, epoch, false from pgqueue.scheduled
            union all
            select subscription_id, message_id, position, 'dead', attempts, epoch, false from pgqueue.dead_letter
            """;

    private final Map<Integer, Map<UUID, Row>> rows = new HashMap<>();

    record Row(String place, long position, int attempts, int epoch, boolean leased) {}

    private Tables() {}

    static Tables read(Sql sql) throws SQLException {
        Tables tables = new Tables();
        try (Statement statement = sql.connection().createStatement();
                ResultSet row = statement.executeQuery(ALL)) {
            while (row.next()) {
                UUID id = row.getObject(2, UUID.class);
                Row found = new Row(row.getString(4), row.getLong(3), row.getInt(5), row.getInt(6), row.getBoolean(7));
                Model.require(id != null, "every delivery has its message", found);
                Row other = tables.rows
                        .computeIfAbsent(row.getInt(1), none -> new HashMap<>())
                        .put(id, found);
                Model.require(other == null, "a copy is in one place", id + " in " + other + " and " + found);
            }
        }
        return tables;
    }

    Map<UUID, Row> of(int subscription) {
        return rows.getOrDefault(subscription, Map.of());
    }
}
