// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.CancelResult;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code R__schedule.sql}. Safe for use by several threads. */
public final class ScheduleFunctions {

    private static final String CANCEL = "select subscription_id, subscription, outcome from %s.cancel(?, ?)";
    private static final String CANCEL_MATCHING =
            "select cancelled, subscriptions from %s.cancel_matching(?, ?, ?, ?::jsonpath, ?)";
    private static final String RESCHEDULE =
            "select subscription_id, subscription, outcome from %s.reschedule(?, ?, ?)";

    private final SqlFunction cancel;
    private final SqlFunction cancelMatching;
    private final SqlFunction reschedule;

    public ScheduleFunctions(SchemaFunctions functions) {
        this.cancel = functions.function(CANCEL);
        this.cancelMatching = functions.function(CANCEL_MATCHING);
        this.reschedule = functions.function(RESCHEDULE);
    }

    /** What became of a delivery that was to be cancelled. */
    public record Cancelled(int subscriptionId, CancelResult result) {}

    /** How many deliveries were cancelled, and whose they were. */
    public record Matching(int count, List<Integer> subscriptions) {}

    /**
     * A delivery that was found.
     *
     * @param leased whether somebody holds it, so that no delivery of the message was moved
     */
    public record Found(int subscriptionId, String subscription, boolean leased) {}

    /** Of one subscription, or of all when that is null. */
    public List<Cancelled> cancel(Connection connection, UUID messageId, @Nullable Integer subscription)
            throws SQLException {
        try (PreparedStatement call = cancel.prepare(connection)) {
            call.setObject(1, messageId);
            call.setObject(2, subscription, Types.INTEGER);
            try (ResultSet row = cancel.call(call)) {
                List<Cancelled> found = new ArrayList<>();
                while (row.next()) {
                    CancelResult result = new CancelResult(
                            row.getString("subscription"),
                            CancelResult.Outcome.valueOf(
                                    row.getString("outcome").toUpperCase(Locale.ROOT)));
                    found.add(new Cancelled(row.getInt("subscription_id"), result));
                }
                return found;
            }
        }
    }

    /** The oldest so many that fulfil the conditions that are not null; null when the destination does not exist. */
    public @Nullable Matching cancelMatching(
            Connection connection,
            int destination,
            @Nullable String correlationId,
            @Nullable String group,
            @Nullable String jsonpath,
            int limit)
            throws SQLException {
        try (PreparedStatement call = cancelMatching.prepare(connection)) {
            call.setInt(1, destination);
            call.setString(2, correlationId);
            call.setString(3, group);
            call.setString(4, jsonpath);
            call.setInt(5, limit);
            try (ResultSet row = cancelMatching.call(call)) {
                row.next();
                Integer count = row.getObject("cancelled", Integer.class);
                return count == null
                        ? null
                        : new Matching(count, List.of((Integer[])
                                row.getArray("subscriptions").getArray()));
            }
        }
    }

    /** Of one subscription, or of all when that is null. */
    public List<Found> reschedule(Connection connection, UUID messageId, Instant time, @Nullable Integer subscription)
            throws SQLException {
        try (PreparedStatement call = reschedule.prepare(connection)) {
            call.setObject(1, messageId);
            call.setObject(2, Rows.time(time), Types.TIMESTAMP_WITH_TIMEZONE);
            call.setObject(3, subscription, Types.INTEGER);
            try (ResultSet row = reschedule.call(call)) {
                List<Found> found = new ArrayList<>();
                while (row.next()) {
                    found.add(new Found(
                            row.getInt("subscription_id"),
                            row.getString("subscription"),
                            row.getString("outcome").equals("leased")));
                }
                return found;
            }
        }
    }
}
