// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.IdleSubscription;
import io.pgqueue.MaintenancePass;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code R__maintain.sql}. Safe for use by several threads. */
public final class MaintainFunctions {

    private static final String MAINTAIN = "select m.leader, m.rotated, m.reclaimed, m.carried, m.buried, "
            + "m.swept, i.topic, i.subscription, i.idle_ms, i.ends_at, i.ended "
            + "from %s.maintain(?, ?) m left join lateral unnest(m.idle) i on true";

    private final SqlFunction maintain;

    public MaintainFunctions(SchemaFunctions functions) {
        this.maintain = functions.function(MAINTAIN);
    }

    /** One pass. */
    public MaintenancePass maintain(Connection connection, long rotateAfter, Duration rotateAge) throws SQLException {
        try (PreparedStatement call = maintain.prepare(connection)) {
            call.setLong(1, rotateAfter);
            call.setLong(2, rotateAge.toMillis());
            try (ResultSet row = maintain.call(call)) {
                row.next();
                boolean leader = row.getBoolean("leader");
                Integer rotated = row.getObject("rotated", Integer.class);
                Integer reclaimed = row.getObject("reclaimed", Integer.class);
                int carried = row.getInt("carried");
                int buried = row.getInt("buried");
                int swept = row.getInt("swept");
                return new MaintenancePass(leader, rotated, reclaimed, carried, buried, swept, idle(row));
            }
        }
    }

    /** One in each row, none in the only row. */
    private static List<IdleSubscription> idle(ResultSet row) throws SQLException {
        List<IdleSubscription> idle = new ArrayList<>();
        do {
            String topic = row.getString("topic");
            if (topic != null) {
                idle.add(new IdleSubscription(
                        topic,
                        row.getString("subscription"),
                        Duration.ofMillis(row.getLong("idle_ms")),
                        Rows.requiredInstant(row, "ends_at"),
                        row.getBoolean("ended")));
            }
        } while (row.next());
        return idle;
    }
}
