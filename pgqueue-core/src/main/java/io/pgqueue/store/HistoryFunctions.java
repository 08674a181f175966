// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.HistoryMessage;
import io.pgqueue.ReplayFrom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code R__history.sql}. Safe for use by several threads. */
public final class HistoryFunctions {

    private static final String READ = "select message_id, position, " + Rows.MESSAGE
            + " from %s.read_history(?, ?, ?, coalesce(?::timestamptz, '-infinity'), ?)";
    private static final String REWIND =
            "select %s.rewind(s.id, ?::timestamptz, ?::bigint), s.id from %<s.subscription_named(?, ?) as s (id)";

    private final SqlCall calls;

    public HistoryFunctions(SchemaFunctions functions) {
        this.calls = new SqlCall(functions);
    }

    /**
     * What a subscription was given again.
     *
     * @param deliveries how many
     * @param ready subscriptions that have something ready then
     */
    public record Rewound(long deliveries, List<Integer> ready) {}

    /** A page in the order of position, behind the given one. */
    public List<HistoryMessage> read(
            Connection connection, String destination, int limit, long after, @Nullable Instant from, boolean withBody)
            throws SQLException {
        return calls.all(
                connection,
                READ,
                row -> new HistoryMessage(
                        row.getObject("message_id", UUID.class),
                        row.getLong("position"),
                        PropertiesCodec.decode(row.getString("properties")),
                        Rows.headers(row),
                        row.getInt("body_bytes"),
                        row.getBytes("body")),
                destination,
                limit,
                after,
                from,
                withBody);
    }

    public Rewound rewind(Connection connection, @Nullable String topic, String name, ReplayFrom from)
            throws SQLException {
        return calls.one(
                connection,
                REWIND,
                row -> new Rewound(row.getLong(1), List.of(row.getInt(2))),
                from.time(),
                from.position(),
                topic,
                name);
    }
}
