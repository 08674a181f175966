// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@PostgresTest(template = MigratedSchema.class)
class DeadLetterIT {

    private static int names;

    private Sql sql;
    private String queue;
    private int subscription;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        queue = "dead" + names++;
        subscription = sql.queue(queue, "{\"max_attempts\":1}");
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @Test
    void aRedriveGivesTheSameIdANewPlaceAndAFreshStart() throws SQLException {
        UUID id = sql.send(queue, "body");
        sql.run(
                "update pgqueue.message set properties = '{\"a\":1}', correlation_id = 'c', type = 't', group_key = 'g', "
                        + "reply_to = 'r', content_type = 'text/plain' where message_id = ?",
                id);
        Held first = die();
        long behind = sql.publish(sql.destination(queue), 4);
        assertThat(redrive(id)).containsExactly(id);
        assertThat(redrive(id)).isEmpty();
        List<Held> held = sql.receive(subscription, 10);
        assertThat(held).extracting(Held::position).hasSize(2).startsWith(behind);
        Held again = held.get(1);
        assertThat(again.id()).isEqualTo(id);
        assertThat(again.body()).isEqualTo("body".getBytes());
        assertThat(again.attempts()).isEqualTo(1);
        assertThat(again.replays()).isEqualTo(1);
        assertThat(again.epoch()).isGreaterThan(first.epoch() + 1);
        assertThat(again.position()).isGreaterThan(behind);
        assertThat(sql.ack(first)).isFalse();
        assertThat(sql.value(
                        "select properties || jsonb_build_array(correlation_id, type, group_key, reply_to, content_type) "
                                + "from pgqueue.receive(?, 1)",
                        subscription))
                .isNull();
        assertThat(sql.value(
                        "select concat_ws(',', properties->>'a', correlation_id, type, group_key, reply_to, content_type) "
                                + "from pgqueue.message where id = ?",
                        again.position()))
                .isEqualTo("1,c,t,g,r,text/plain");
    }

    @Test
    void anEpochIsNeverReusedOverManyDeaths() throws SQLException {
        UUID id = sql.send(queue, "x");
        int last = 0;
        for (int replay = 0; replay < 4; replay++) {
            Held held = die();
            assertThat(held.replays()).isEqualTo(replay);
            assertThat(held.epoch()).isGreaterThan(last);
            last = held.epoch();
            assertThat(redrive(id)).containsExactly(id);
        }
    }

    @Test
    void theOldestGoFirstAndOnlySoMany() throws SQLException {
        UUID one = sql.send(queue, "1");
        UUID two = sql.send(queue, "2");
        sql.send(queue, "3");
        sql.receive(subscription, 3).forEach(this::nack);
        assertThat(sql.value("select pgqueue.redrive(?, null, 2)", subscription))
                .satisfies(array ->
                        assertThat((UUID[]) ((java.sql.Array) array).getArray()).containsExactly(one, two));
        assertThat(sql.number("select pgqueue.discard(?, null, 10)", subscription))
                .isEqualTo(1);
        assertThat(sql.receive(subscription, 10)).extracting(Held::id).containsExactly(one, two);
    }

    @Test
    void aRolledBackRedriveLeavesTheDeadLetter() throws SQLException {
        UUID id = sql.send(queue, "x");
        die();
        sql.connection().setAutoCommit(false);
        assertThat(redrive(id)).hasSize(1);
        sql.connection().rollback();
        sql.connection().setAutoCommit(true);
        assertThat(sql.receive(subscription, 1)).isEmpty();
        assertThat(redrive(id)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1001})
    void aLimitOutOfRangeIsRefused(int limit) {
        for (String function : List.of("redrive(?, null, ?)", "discard(?, null, ?)", "dead_letters(?, ?)")) {
            assertThatThrownBy(() -> sql.run("select pgqueue." + function, subscription, limit))
                    .as(function)
                    .hasMessageContaining("must be 1 to 1000");
        }
    }

    @Test
    void otherSubscriptionsAreUntouched() throws SQLException {
        sql.run("select pgqueue.create_topic(?)", queue + "t");
        sql.run("select pgqueue.create_subscription(?, ?, '{\"max_attempts\":1}')", queue + "t", queue + "a");
        sql.run("select pgqueue.create_subscription(?, ?)", queue + "t", queue + "b");
        UUID id = sql.send(queue + "t", "x");
        int a = sql.subscription(queue + "a");
        Held held = sql.receive(a, 1).get(0);
        assertThat(sql.nack(held, 0L)).isEqualTo("dead");
        sql.value("select pgqueue.redrive(?)", a);
        assertThat(sql.receive(a, 10)).extracting(Held::id).containsExactly(id);
        assertThat(sql.receive(sql.subscription(queue + "b"), 10))
                .extracting(Held::id)
                .containsExactly(id);
    }

    private Held die() throws SQLException {
        Held held = sql.receive(subscription, 1).get(0);
        assertThat(sql.nack(held, 0L)).isEqualTo("dead");
        return held;
    }

    private void nack(Held held) {
        try {
            sql.nack(held, 0L);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<UUID> redrive(UUID id) throws SQLException {
        java.sql.Array ids = sql.connection().createArrayOf("uuid", new UUID[] {id});
        return List.of(
                (UUID[]) ((java.sql.Array) sql.value("select pgqueue.redrive(?, ?)", subscription, ids)).getArray());
    }
}
