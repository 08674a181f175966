// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static io.pgqueue.model.Model.require;

import io.pgqueue.model.Copy.Sent;
import io.pgqueue.model.Copy.State;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Publishing with deduplication and replace keys, and to a queue that is full; never in an open transaction. */
final class Keys {

    private static final String KEYED =
            "select p_first_position, p_duplicates[1], p_full from pgqueue.publish_with_keys(?, array[?::uuid], array[?::bytea], "
                    + "array[null::jsonb], array[4::smallint], array[null::text], array[null::text], array[null::text], "
                    + "array[null::text], array[null::text], array[null::bigint], array[null::bigint], array[null::timestamptz], "
                    + "?::text[], ?::text[], array['replace'])";

    private Keys() {}

    /** What was published first with a key is all that is published with it. */
    static void once(Walk walk, Client client) throws SQLException {
        String key = "k" + walk.random().nextInt(6);
        UUID id = walk.newId();
        UUID first = walk.model.keys.get(key);
        Published done = publish(walk, client, id, key, null);
        walk.note("publish once " + id + " with " + key + " -> " + done);
        require(
                String.valueOf(first).equals(String.valueOf(done.duplicateOf())),
                "a key is of the first message, " + first,
                done);
        if (first == null) {
            walk.model.keys.put(key, id);
            walk.model.published(List.of(walk.queue), id, plain(), done.position());
        }
    }

    /** What waits with the key goes; what a consumer has, or is just settling, stays. */
    static void replace(Walk walk, Client client) throws SQLException {
        String key = "r" + walk.random().nextInt(3);
        UUID id = walk.newId();
        Published done = publish(walk, client, id, null, key);
        List<Copy> replaced = walk.queue.those(c -> key.equals(c.replaceKey)
                && c.free()
                && (c.is(State.READY) || c.is(State.SCHEDULED) || c.is(State.DUE)));
        walk.note("publish " + id + " in the place of " + replaced);
        replaced.forEach(c -> c.become(State.GONE));
        walk.model.published(List.of(walk.queue), id, plain(), done.position());
        walk.model.copiesOf(id).forEach(c -> c.replaceKey = key);
    }

    /** As many as may wait do: one more is refused, with its key, and leaves nothing. */
    static void whenFull(Walk walk, Client client) throws SQLException {
        walk.compare();
        int waiting =
                walk.queue.those(c -> !c.is(State.DEAD) && !c.is(State.GONE)).size();
        if (waiting == 0) {
            return;
        }
        String limit = "select pgqueue.alter_subscription(?, ?::jsonb)";
        walk.admin.run(limit, walk.queue.id, "{\"max_depth\":" + waiting + "}");
        Published refused = publish(walk, client, walk.newId(), "full" + walk.newId(), null);
        walk.admin.run(limit, walk.queue.id, "{\"max_depth\":" + (waiting + 1) + "}");
        UUID id = walk.newId();
        Published taken = publish(walk, client, id, null, null);
        walk.admin.run(limit, walk.queue.id, "{\"max_depth\":null}");
        walk.note("full with " + waiting + " -> " + refused + ", then " + taken);
        require("orders".equals(refused.full()), "a full queue takes nothing, it has " + waiting, refused);
        require(taken.full() == null, "one that is not full takes it, it has " + waiting, taken);
        walk.model.published(List.of(walk.queue), id, plain(), taken.position());
    }

    private record Published(
            long position,
            @Nullable UUID duplicateOf,
            @Nullable String full) {}

    private static Sent plain() {
        return new Sent(4, null, null, false, false);
    }

    private static Published publish(
            Walk walk, Client client, UUID id, @Nullable String dedupKey, @Nullable String replaceKey)
            throws SQLException {
        try (PreparedStatement statement = client.sql().connection().prepareStatement(KEYED)) {
            statement.setInt(1, walk.admin.destination("orders"));
            statement.setObject(2, id);
            statement.setBytes(3, id.toString().getBytes(StandardCharsets.UTF_8));
            statement.setString(4, dedupKey == null ? null : "{" + dedupKey + "}");
            statement.setString(5, replaceKey == null ? null : "{" + replaceKey + "}");
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Published(row.getLong(1), row.getObject(2, UUID.class), row.getString(3));
            }
        }
    }
}
