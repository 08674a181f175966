// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code R__maintain.sql}. Safe for use by several threads. */
public final class MaintainFunctions {

    private static final String MAINTAIN = "select * from %s.maintain(?, ?)";

    private final String maintain;

    public MaintainFunctions(SchemaName schema) {
        this.maintain = MAINTAIN.formatted(schema);
    }

    /**
     * One pass.
     *
     * @param leader false when another client was at it and nothing was done
     * @param rotatedTo slot that publishing moved to, null when it stayed
     * @param reclaimed slot that was truncated, null when none was drained
     * @param carried stragglers moved to the current slot
     * @param buried deliveries whose last lease ended without an answer
     */
    public record Pass(
            boolean leader,
            @Nullable Integer rotatedTo,
            @Nullable Integer reclaimed,
            int carried,
            int buried) {

        /** Something was done, so another pass soon may find more. */
        public boolean worked() {
            return rotatedTo != null || reclaimed != null || carried > 0 || buried > 0;
        }
    }

    public Pass maintain(Connection connection, long rotateAfter, Duration rotateAge) throws SQLException {
        try (PreparedStatement call = connection.prepareStatement(maintain)) {
            call.setLong(1, rotateAfter);
            call.setLong(2, rotateAge.toMillis());
            try (ResultSet row = call.executeQuery()) {
                row.next();
                return new Pass(
                        row.getBoolean("leader"),
                        row.getObject("rotated", Integer.class),
                        row.getObject("reclaimed", Integer.class),
                        row.getInt("carried"),
                        row.getInt("buried"));
            }
        }
    }
}
