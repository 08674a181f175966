// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.MaintenancePass;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

/** {@code R__maintain.sql}. Safe for use by several threads. */
public final class MaintainFunctions {

    private static final String MAINTAIN = "select * from %s.maintain(?, ?)";

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
                return new MaintenancePass(
                        row.getBoolean("leader"),
                        row.getObject("rotated", Integer.class),
                        row.getObject("reclaimed", Integer.class),
                        row.getInt("carried"),
                        row.getInt("buried"),
                        row.getInt("swept"));
            }
        }
    }
}
