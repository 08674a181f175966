// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Asks PostgreSQL, many pairs in one statement, with the expression that publish and receive use. */
final class FilterDatabase implements AutoCloseable {

    private static final String FILL = """
            insert into filtered
            select m.i, m.view::jsonb,
                   pgqueue.header_view(m.id, m.priority, to_timestamp(m.sent / 1000) + (m.sent % 1000) * interval '1 ms',
                       to_timestamp(m.expires / 1000) + (m.expires % 1000) * interval '1 ms',
                       to_timestamp(m.due / 1000) + (m.due % 1000) * interval '1 ms', m.correlation_id, m.type)
              from unnest(?::text[], ?::uuid[], ?::smallint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[])
                   with ordinality as m (view, id, priority, sent, expires, due, correlation_id, type, i)
            """;

    private static final String ASK = """
            select string_agg(case when coalesce(jsonb_path_match(coalesce(m.view, '{}'), s.path, m.headers, true), false)
                                   then 't' else 'f' end, '' order by m.i)
              from unnest(?::text[]::jsonpath[]) with ordinality as s (path, i) cross join filtered m
             group by s.i order by s.i
            """;

    private static final String ASK_BODIES = """
            select string_agg(case when coalesce(jsonb_path_match(b.body::jsonb, s.path, '{}', true), false)
                                   then 't' else 'f' end, '' order by b.i)
              from unnest(?::text[]::jsonpath[]) with ordinality as s (path, i)
             cross join unnest(?::text[]) with ordinality as b (body, i)
             group by s.i order by s.i
            """;

    private static final String ASK_DEMANDS = """
            select string_agg(case when (
                       select coalesce(bool_and(coalesce(pgqueue.field_value(d.key, m.view, m.headers, null)
                                                         in (select jsonb_array_elements(d.value)), false)), true)
                         from jsonb_each(s.demands) d) then 't' else 'f' end, '' order by m.i)
              from unnest(?::text[]::jsonb[]) with ordinality as s (demands, i) cross join filtered m
             group by s.i order by s.i
            """;

    private static final String ASK_BODIES_DEMANDS = """
            select string_agg(case when (
                       select coalesce(bool_and(coalesce(pgqueue.field_value(d.key, null, null, b.body::jsonb)
                                                         in (select jsonb_array_elements(d.value)), false)), true)
                         from jsonb_each(s.demands) d) then 't' else 'f' end, '' order by b.i)
              from unnest(?::text[]::jsonb[]) with ordinality as s (demands, i)
             cross join unnest(?::text[]) with ordinality as b (body, i)
             group by s.i order by s.i
            """;

    private final Connection connection;

    FilterDatabase(DataSource dataSource) throws SQLException {
        connection = dataSource.getConnection();
        try (Statement statement = connection.createStatement()) {
            statement.execute("create temporary table filtered (i bigint, view jsonb, headers jsonb not null)");
        }
    }

    /** Replaces the messages that {@link #ask} compares with. */
    void fill(List<TestMessage> messages) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("truncate filtered");
        }
        try (PreparedStatement fill = connection.prepareStatement(FILL)) {
            fill.setArray(1, array("text", messages.stream().map(TestMessage::view)));
            fill.setArray(2, array("text", messages.stream().map(FilterDatabase::id)));
            fill.setArray(3, array("bigint", headers(messages, "JMSPriority")));
            fill.setArray(4, array("bigint", headers(messages, "JMSTimestamp")));
            fill.setArray(5, array("bigint", messages.stream().map(FilterDatabase::expiration)));
            fill.setArray(6, array("bigint", headers(messages, "JMSDeliveryTime")));
            fill.setArray(7, array("text", headers(messages, "JMSCorrelationID")));
            fill.setArray(8, array("text", headers(messages, "JMSType")));
            fill.executeUpdate();
        }
    }

    /** One row for each jsonpath, with a t or an f for each message. */
    List<String> ask(List<String> jsonPaths) throws SQLException {
        try (PreparedStatement ask = connection.prepareStatement(ASK)) {
            ask.setArray(1, array("text", jsonPaths.stream()));
            return rows(ask);
        }
    }

    /** The same for demands: whether the message meets them all. */
    List<String> askDemands(List<String> demands) throws SQLException {
        try (PreparedStatement ask = connection.prepareStatement(ASK_DEMANDS)) {
            ask.setArray(1, array("text", demands.stream()));
            return rows(ask);
        }
    }

    List<String> askBodiesDemands(List<String> demands, List<String> bodies) throws SQLException {
        try (PreparedStatement ask = connection.prepareStatement(ASK_BODIES_DEMANDS)) {
            ask.setArray(1, array("text", demands.stream()));
            ask.setArray(2, array("text", bodies.stream()));
            return rows(ask);
        }
    }

    List<String> askBodies(List<String> jsonPaths, List<String> bodies) throws SQLException {
        try (PreparedStatement ask = connection.prepareStatement(ASK_BODIES)) {
            ask.setArray(1, array("text", jsonPaths.stream()));
            ask.setArray(2, array("text", bodies.stream()));
            return rows(ask);
        }
    }

    private static List<String> rows(PreparedStatement ask) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (ResultSet result = ask.executeQuery()) {
            while (result.next()) {
                rows.add(result.getString(1));
            }
        }
        return rows;
    }

    private static String id(TestMessage message) {
        return String.valueOf(message.headers().get("JMSMessageID")).substring("ID:".length());
    }

    private static @Nullable Object expiration(TestMessage message) {
        Object expiration = message.headers().get("JMSExpiration");
        return Objects.equals(expiration, 0L) ? null : expiration;
    }

    private static Stream<@Nullable Object> headers(List<TestMessage> messages, String name) {
        return messages.stream().map(m -> m.headers().get(name));
    }

    private Array array(String type, Stream<? extends @Nullable Object> values) throws SQLException {
        return connection.createArrayOf(type, values.toArray());
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
