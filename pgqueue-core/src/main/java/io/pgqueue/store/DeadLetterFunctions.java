// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.DeadLetter;
import io.pgqueue.Failure;
import io.pgqueue.SchemaName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code R__dead_letter.sql}. Safe for use by several threads. */
public final class DeadLetterFunctions {

    private static final String LIST =
            "select * from %s.dead_letters(?, ?, coalesce(?::timestamptz, '-infinity'), ?, ?)";
    private static final String REDRIVE = "select %s.redrive(?, ?, ?)";
    private static final String DISCARD = "select %s.discard(?, ?, ?)";

    private final String list;
    private final String redrive;
    private final String discard;

    public DeadLetterFunctions(SchemaName schema) {
        this.list = LIST.formatted(schema);
        this.redrive = REDRIVE.formatted(schema);
        this.discard = DISCARD.formatted(schema);
    }

    /** A page, oldest death first, behind the given one (null for the first page). */
    public List<DeadLetter> list(
            Connection connection, int subscription, int limit, @Nullable DeadLetter after, boolean withBody)
            throws SQLException {
        try (PreparedStatement call = connection.prepareStatement(list)) {
            call.setInt(1, subscription);
            call.setInt(2, limit);
            call.setObject(3, after == null ? null : Rows.time(after.deadAt()), Types.TIMESTAMP_WITH_TIMEZONE);
            call.setLong(4, after == null ? 0 : after.position());
            call.setBoolean(5, withBody);
            try (ResultSet row = call.executeQuery()) {
                List<DeadLetter> page = new ArrayList<>();
                while (row.next()) {
                    page.add(deadLetter(row));
                }
                return page;
            }
        }
    }

    /** Ids of the messages that went back; all of the subscription's dead letters, oldest first, when ids is null. */
    public List<UUID> redrive(Connection connection, int subscription, @Nullable Collection<UUID> ids, int limit)
            throws SQLException {
        try (PreparedStatement call = bind(connection, redrive, subscription, ids, limit);
                ResultSet row = call.executeQuery()) {
            row.next();
            return List.of((UUID[]) row.getArray(1).getArray());
        }
    }

    public int discard(Connection connection, int subscription, @Nullable Collection<UUID> ids, int limit)
            throws SQLException {
        try (PreparedStatement call = bind(connection, discard, subscription, ids, limit);
                ResultSet row = call.executeQuery()) {
            row.next();
            return row.getInt(1);
        }
    }

    private static PreparedStatement bind(
            Connection connection, String sql, int subscription, @Nullable Collection<UUID> ids, int limit)
            throws SQLException {
        PreparedStatement call = connection.prepareStatement(sql);
        call.setInt(1, subscription);
        call.setArray(2, ids == null ? null : connection.createArrayOf("uuid", ids.toArray()));
        call.setInt(3, limit);
        return call;
    }

    private static DeadLetter deadLetter(ResultSet row) throws SQLException {
        return new DeadLetter(
                row.getObject("message_id", UUID.class),
                row.getLong("position"),
                Rows.requiredInstant(row, "dead_at"),
                row.getString("reason"),
                new Failure(row.getString("error_class"), row.getString("error"), row.getString("stack")),
                row.getString("consumer"),
                row.getInt("attempts"),
                row.getInt("replays"),
                Rows.instant(row, "first_failed_at"),
                PropertiesCodec.decode(row.getString("properties")),
                Rows.headers(row),
                row.getInt("body_bytes"),
                row.getBytes("body"));
    }
}
