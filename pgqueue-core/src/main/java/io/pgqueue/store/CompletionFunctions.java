// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** {@code R__completion.sql}, but for publishing. Safe for use by several threads. */
public final class CompletionFunctions {

    private static final String OUTCOMES = "select message_id, subscription, outcome, ended_at from %s.outcomes(?)";

    private final SqlFunction outcomes;

    public CompletionFunctions(SchemaFunctions functions) {
        this.outcomes = functions.function(OUTCOMES);
    }

    /** What is known of one message: how its deliveries ended, and how many have not. */
    public record Progress(List<Outcome> outcomes, int open) {}

    /** Messages that are not known are left out. */
    public Map<UUID, Progress> outcomes(Connection connection, Collection<UUID> messageIds) throws SQLException {
        Map<UUID, Progress> found = new LinkedHashMap<>();
        try (PreparedStatement call = outcomes.prepare(connection)) {
            call.setArray(1, connection.createArrayOf("uuid", messageIds.toArray()));
            try (ResultSet row = outcomes.call(call, messageIds.size())) {
                while (row.next()) {
                    add(found, row);
                }
            }
        }
        return found;
    }

    private static void add(Map<UUID, Progress> found, ResultSet row) throws SQLException {
        UUID id = row.getObject("message_id", UUID.class);
        Progress known = found.getOrDefault(id, new Progress(List.of(), 0));
        String subscription = row.getString("subscription");
        String end = row.getString("outcome");
        List<Outcome> ended = new ArrayList<>(known.outcomes());
        int open = known.open();
        if (end != null) {
            ended.add(new Outcome(subscription, Outcome.End.valueOf(end), Rows.requiredInstant(row, "ended_at")));
        } else if (subscription != null) {
            open++;
        }
        found.put(id, new Progress(ended, open));
    }
}
