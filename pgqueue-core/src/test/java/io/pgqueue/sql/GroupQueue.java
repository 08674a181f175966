// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql.Held;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/** A queue of groups. Bodies are the group, a number and sometimes more; those that begin with - have none. */
abstract class GroupQueue extends OneQueue {

    GroupQueue() {
        super("{\"jitter_percent\":0}");
    }

    Held only(String body) throws SQLException {
        List<Held> held = sql.receive(subscription, 10);
        assertThat(bodies(held)).containsExactly(body);
        return held.get(0);
    }

    void send(String... bodies) throws SQLException {
        for (String body : bodies) {
            send(sql, body);
        }
    }

    UUID send(Sql session, String body) throws SQLException {
        return (UUID) session.value(
                "select published_id from pgqueue.publish(?, ?::text, group_key => ?)", queue, body, group(body));
    }

    void send(String body, int priority) throws SQLException {
        sql.value(
                "select pgqueue.publish(?, ?::text, priority => ?, group_key => ?)",
                queue,
                body,
                priority,
                group(body));
    }

    private static String group(String body) {
        return body.startsWith("-") ? null : body.substring(0, 1);
    }

    static List<String> bodies(List<Held> held) {
        return held.stream().map(GroupQueue::body).toList();
    }

    static String body(Held held) {
        return new String(held.body(), StandardCharsets.UTF_8);
    }
}
