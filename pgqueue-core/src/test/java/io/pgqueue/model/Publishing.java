// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static io.pgqueue.model.Model.require;

import io.pgqueue.model.Copy.Sent;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Publishing one message and many, by the functions that the Java client calls. */
final class Publishing {

    private static final int HOUR = 3_600_000;

    private static final String ONE =
            "select p_position, p_subscriptions from pgqueue.publish_message(?, ?, ?, ?::jsonb, "
                    + "?::smallint, ?, null, null, null, null, ?::bigint, ?::bigint, null)";

    private static final String MANY =
            "select p_first_position, p_matched from pgqueue.publish_messages(?, ?, ?, ?::jsonb[], ?, ?, null, null, null, "
                    + "null, ?, ?, null)";

    private Publishing() {}

    static void one(Walk walk, Client client) throws SQLException {
        String destination = walk.chance(50) ? "orders" : "events";
        Sent sent = anything(walk);
        UUID id = walk.newId();
        List<Subscriber> matched = matching(walk, destination, sent);
        try (PreparedStatement statement = client.sql().connection().prepareStatement(ONE)) {
            statement.setInt(1, walk.admin.destination(destination));
            statement.setObject(2, id);
            statement.setBytes(3, id.toString().getBytes(StandardCharsets.UTF_8));
            statement.setString(4, properties(sent));
            statement.setInt(5, sent.priority());
            statement.setString(6, sent.group());
            statement.setObject(7, timeToLive(sent));
            statement.setObject(8, sent.delayed() ? (Long) (long) HOUR : null);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                long position = row.getLong(1);
                Set<Integer> got =
                        new HashSet<>(List.of((Integer[]) row.getArray(2).getArray()));
                Set<Integer> wanted =
                        new HashSet<>(matched.stream().map(s -> s.id).toList());
                require(got.equals(wanted), "a copy for exactly those whose filter matches " + sent, got);
                walk.note("publish " + id + " " + sent + (client.inTransaction() ? " (not committed)" : ""));
                client.then(() -> published(walk, destination, matched, id, sent, position));
            }
        }
    }

    static void many(Walk walk, Client client) throws SQLException {
        String destination = walk.chance(50) ? "orders" : "events";
        boolean plain = walk.chance(40);
        List<Sent> sent = new ArrayList<>();
        List<UUID> ids = new ArrayList<>();
        for (int n = walk.random().nextInt(6); n >= 0; n--) {
            Sent each = anything(walk);
            sent.add(plain ? new Sent(each.priority(), null, each.color(), false, false) : each);
            ids.add(walk.newId());
        }
        Connection connection = client.sql().connection();
        try (PreparedStatement statement = connection.prepareStatement(MANY)) {
            statement.setInt(1, walk.admin.destination(destination));
            statement.setArray(2, connection.createArrayOf("uuid", ids.toArray()));
            statement.setArray(
                    3,
                    connection.createArrayOf(
                            "bytea",
                            ids.stream()
                                    .map(id -> id.toString().getBytes(StandardCharsets.UTF_8))
                                    .toArray(byte[][]::new)));
            statement.setArray(4, array(connection, "text", sent, Publishing::properties));
            statement.setArray(5, array(connection, "smallint", sent, Sent::priority));
            statement.setArray(6, plain ? null : array(connection, "text", sent, Sent::group));
            statement.setArray(7, plain ? null : array(connection, "bigint", sent, Publishing::timeToLive));
            statement.setArray(
                    8, plain ? null : array(connection, "bigint", sent, s -> s.delayed() ? (Long) (long) HOUR : null));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                long first = row.getLong(1);
                Integer[] counts = (Integer[]) row.getArray(2).getArray();
                for (int i = 0; i < sent.size(); i++) {
                    Sent each = sent.get(i);
                    UUID id = ids.get(i);
                    long position = first + i;
                    List<Subscriber> matched = matching(walk, destination, each);
                    require(counts[i] == matched.size(), "a copy for each whose filter matches " + each, counts[i]);
                    walk.note("publish " + id + " " + each + (client.inTransaction() ? " (not committed)" : ""));
                    client.then(() -> published(walk, destination, matched, id, each, position));
                }
            }
        }
    }

    private static void published(
            Walk walk, String destination, List<Subscriber> matched, UUID id, Sent sent, long position) {
        walk.model.published(matched, id, sent, position);
        if (destination.equals("events")) {
            walk.model.history.add(id, sent, position);
        }
    }

    private static Sent anything(Walk walk) {
        return new Sent(
                walk.chance(50) ? 4 : walk.random().nextInt(10),
                walk.chance(50) ? "g" + walk.random().nextInt(2) : null,
                walk.chance(30) ? null : walk.chance(50) ? "red" : "blue",
                walk.chance(15),
                walk.chance(15));
    }

    private static List<Subscriber> matching(Walk walk, String destination, Sent sent) {
        return walk.model.subscribers().stream()
                .filter(s -> s.destination.equals(destination) && s.filter.takes(sent.color(), sent.priority()))
                .toList();
    }

    private static @Nullable String properties(Sent sent) {
        return sent.color() == null ? null : "{\"color\": \"" + sent.color() + "\"}";
    }

    private static @Nullable Long timeToLive(Sent sent) {
        return sent.mortal() ? (Long) (2L * HOUR) : null;
    }

    private static java.sql.Array array(
            Connection connection, String type, List<Sent> sent, Function<Sent, @Nullable Object> part)
            throws SQLException {
        return connection.createArrayOf(type, sent.stream().map(part).toArray());
    }
}
