// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.OutgoingMessage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Explaining of {@code R__filter.sql}. Safe for use by several threads. */
public final class RoutingFunctions {

    private static final String ROUTES =
            "select name, selector, attribute_filter, body_filter, filter, body_path from %s.routes(?)";
    private static final String GIVEN =
            "select on_properties, on_body from %s.explain_given(?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?)";
    private static final String STORED = "select on_properties, on_body from %s.explain_stored(?, ?, ?, ?)";

    private final SqlFunction routes;
    private final SqlFunction given;
    private final SqlFunction stored;

    public RoutingFunctions(SchemaFunctions functions) {
        this.routes = functions.function(ROUTES);
        this.given = functions.function(GIVEN);
        this.stored = functions.function(STORED);
    }

    /** A subscription of a destination: its filters as given, and the paths that decide. */
    public record Route(
            String subscription,
            @Nullable String selector,
            @Nullable String attributes,
            @Nullable String body,
            FilterPaths paths) {}

    /** What paths over properties and headers, and paths over the body, gave: JSON, null for nothing. */
    public record Seen(List<@Nullable String> onProperties, List<@Nullable String> onBody) {}

    public List<Route> routes(Connection connection, String destination) throws SQLException {
        try (PreparedStatement call = routes.prepare(connection)) {
            call.setString(1, destination);
            try (ResultSet row = routes.call(call)) {
                List<Route> found = new ArrayList<>();
                while (row.next()) {
                    found.add(new Route(
                            row.getString("name"),
                            row.getString("selector"),
                            row.getString("attribute_filter"),
                            row.getString("body_filter"),
                            new FilterPaths(row.getString("filter"), row.getString("body_path"))));
                }
                return found;
            }
        }
    }

    /** Evaluates as if the message were published now. */
    public Seen given(
            Connection connection, UUID id, OutgoingMessage message, List<String> onProperties, List<String> onBody)
            throws SQLException {
        try (PreparedStatement call = given.prepare(connection)) {
            call.setArray(1, connection.createArrayOf("text", onProperties.toArray()));
            call.setArray(2, connection.createArrayOf("text", onBody.toArray()));
            call.setObject(3, id);
            call.setBytes(4, message.body());
            call.setString(5, PropertiesCodec.encode(message));
            call.setInt(6, message.priority());
            call.setString(7, message.correlationId());
            call.setString(8, message.type());
            call.setString(9, message.contentType());
            Rows.setMillis(call, 10, message.timeToLive());
            Rows.setMillis(call, 11, message.delay());
            call.setObject(12, Rows.time(message.deliverAt()), Types.TIMESTAMP_WITH_TIMEZONE);
            return seen(given, call);
        }
    }

    public Seen stored(
            Connection connection, String destination, UUID id, List<String> onProperties, List<String> onBody)
            throws SQLException {
        try (PreparedStatement call = stored.prepare(connection)) {
            call.setArray(1, connection.createArrayOf("text", onProperties.toArray()));
            call.setArray(2, connection.createArrayOf("text", onBody.toArray()));
            call.setString(3, destination);
            call.setObject(4, id);
            return seen(stored, call);
        }
    }

    private static Seen seen(SqlFunction function, PreparedStatement call) throws SQLException {
        try (ResultSet row = function.call(call)) {
            row.next();
            return new Seen(texts(row, 1), texts(row, 2));
        }
    }

    private static List<@Nullable String> texts(ResultSet row, int column) throws SQLException {
        List<@Nullable String> texts = new ArrayList<>();
        for (String text : (@Nullable String[]) row.getArray(column).getArray()) {
            texts.add(text);
        }
        return texts;
    }
}
