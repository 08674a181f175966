// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random operations of three clients against a model of one queue. Invariants: one live lease at most and no settling by
 * an old epoch (I6), death after exactly so many claims and redrive with the same id (I8), a true delivery count (I9), and
 * at rest everything sent is accounted for (I12). A seed of its own: -Dpgqueue.test.seed.
 */
@PostgresTest(template = MigratedSchema.class)
class ModelIT {

    private static final int MAX_ATTEMPTS = 4;

    private enum State {
        READY,
        LEASED,
        SCHEDULED,
        DEAD,
        GONE
    }

    private static final class Copy {
        State state = State.READY;
        int attempts;
        int replays;
        int epoch;
        Held held;
    }

    private final Map<UUID, Copy> model = new HashMap<>();
    private final List<Held> old = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void agreesWithTheModel(long given, DataSource dataSource) throws SQLException {
        long seed = Long.getLong("pgqueue.test.seed", given * 7919 + System.nanoTime() % 1_000_000);
        System.out.println("ModelIT seed " + seed);
        Random random = new Random(seed);
        List<Sql> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            clients.add(new Sql(dataSource));
        }
        String queue = "model" + given;
        int subscription = clients.get(0).queue(queue, "{\"max_attempts\":" + MAX_ATTEMPTS + "}");
        try {
            for (int step = 0; step < 400; step++) {
                step(clients.get(random.nextInt(3)), queue, subscription, random, "seed " + seed + " step " + step);
            }
            check(clients.get(0), subscription, "seed " + seed);
        } finally {
            for (Sql client : clients) {
                client.close();
            }
        }
    }

    private void step(Sql sql, String queue, int subscription, Random random, String where) throws SQLException {
        List<Copy> leased =
                model.values().stream().filter(c -> c.state == State.LEASED).toList();
        switch (random.nextInt(14)) {
            case 0, 1, 2 -> {
                for (int n = random.nextInt(4); n >= 0; n--) {
                    model.put(sql.send(queue, "x"), new Copy());
                }
            }
            case 3, 4, 5 -> receive(sql, subscription, 1 + random.nextInt(6), where);
            case 6 -> {
                if (!leased.isEmpty()) {
                    Copy copy = leased.get(random.nextInt(leased.size()));
                    assertThat(sql.ack(copy.held)).as(where).isTrue();
                    copy.state = State.GONE;
                    old.add(copy.held);
                }
            }
            case 7 -> {
                if (!leased.isEmpty()) {
                    Copy copy = leased.get(random.nextInt(leased.size()));
                    boolean now = random.nextBoolean();
                    boolean dies = copy.attempts >= MAX_ATTEMPTS;
                    assertThat(sql.nack(copy.held, now ? 0L : 3_600_000L))
                            .as(where)
                            .isEqualTo(dies ? "dead" : "retry");
                    copy.state = dies ? State.DEAD : now ? State.READY : State.SCHEDULED;
                    old.add(copy.held);
                }
            }
            case 8 -> {
                if (!leased.isEmpty()) {
                    Copy copy = leased.get(random.nextInt(leased.size()));
                    assertThat(sql.release(copy.held)).as(where).isTrue();
                    copy.state = State.READY;
                    copy.attempts--;
                    old.add(copy.held);
                }
            }
            case 9 -> {
                sql.endLeases(subscription);
                leased.forEach(copy -> {
                    copy.state = State.READY;
                    old.add(copy.held);
                });
            }
            case 10 -> {
                sql.makeDue(subscription);
                model.values().stream().filter(c -> c.state == State.SCHEDULED).forEach(c -> c.state = State.READY);
            }
            case 11 -> {
                if (random.nextBoolean()) {
                    sql.ageRotation();
                }
                int buried = random.nextBoolean()
                        ? sql.rotate().buried()
                        : sql.tidy().buried();
                assertThat(buried).as(where).isEqualTo(bury());
            }
            case 12 -> {
                int limit = 1 + random.nextInt(3);
                UUID[] ids =
                        (UUID[]) ((java.sql.Array) sql.value("select pgqueue.redrive(?, null, ?)", subscription, limit))
                                .getArray();
                long dead = model.values().stream()
                        .filter(c -> c.state == State.DEAD)
                        .count();
                assertThat(ids).as(where).hasSize((int) Math.min(limit, dead)).doesNotHaveDuplicates();
                for (UUID id : ids) {
                    Copy copy = model.get(id);
                    assertThat(copy.state).as(where).isEqualTo(State.DEAD);
                    copy.state = State.READY;
                    copy.attempts = 0;
                    copy.replays++;
                }
            }
            default -> stale(sql, random, where);
        }
    }

    private void receive(Sql sql, int subscription, int max, String where) throws SQLException {
        List<Held> received = sql.receive(subscription, max);
        Set<UUID> ids = new HashSet<>();
        for (Held held : received) {
            Copy copy = model.get(held.id());
            assertThat(ids.add(held.id())).as(where).isTrue();
            assertThat(copy.state).as(where).isEqualTo(State.READY);
            copy.attempts++;
            assertThat(held.attempts()).as(where).isEqualTo(copy.attempts).isLessThanOrEqualTo(MAX_ATTEMPTS);
            assertThat(held.replays()).as(where).isEqualTo(copy.replays);
            assertThat(held.epoch()).as(where).isGreaterThan(copy.epoch);
            copy.epoch = held.epoch();
            copy.held = held;
            copy.state = State.LEASED;
        }
        if (received.size() < max) {
            bury();
            assertThat(model.values()).as(where).noneMatch(c -> c.state == State.READY);
        } else {
            // Those before the last one received that had used up their attempts were put away on the way.
            for (Object id :
                    sql.column("select message_id from pgqueue.dead_letter where subscription_id = ?", subscription)) {
                Copy copy = model.get((UUID) id);
                if (copy.state == State.READY) {
                    assertThat(copy.attempts).as(where).isEqualTo(MAX_ATTEMPTS);
                    copy.state = State.DEAD;
                }
            }
        }
    }

    private int bury() {
        List<Copy> spent = model.values().stream()
                .filter(c -> c.state == State.READY && c.attempts >= MAX_ATTEMPTS)
                .toList();
        spent.forEach(c -> c.state = State.DEAD);
        return spent.size();
    }

    private void stale(Sql sql, Random random, String where) throws SQLException {
        if (old.isEmpty()) {
            return;
        }
        Held held = old.get(random.nextInt(old.size()));
        Copy copy = model.get(held.id());
        // A lease that has ended is still valid while nobody took over and maintenance has not moved the row.
        boolean unfenced = copy.state == State.READY && copy.epoch == held.epoch() && copy.held == held;
        if (unfenced) {
            return;
        }
        assertThat(sql.ack(held)).as(where).isFalse();
        assertThat(sql.nack(held, 0L)).as(where).isNull();
        assertThat(sql.extend(held, 60_000)).as(where).isFalse();
        assertThat(sql.release(held)).as(where).isFalse();
    }

    private void check(Sql sql, int subscription, String where) throws SQLException {
        long ready = count(State.READY);
        assertThat(sql.value(
                        "select concat_ws(',', ready, leased, delayed + retrying, dead) from pgqueue.stats(?)",
                        subscription))
                .as(where)
                .isEqualTo(ready + "," + count(State.LEASED) + "," + count(State.SCHEDULED) + "," + count(State.DEAD));
        assertThat(sql.number(
                        "select count(*) from pgqueue.dead_letter d where subscription_id = ? and attempts <> "
                                + MAX_ATTEMPTS,
                        subscription))
                .as(where)
                .isZero();
        for (int i = 0; i < 40; i++) {
            sql.endLeases(subscription);
            sql.makeDue(subscription);
            sql.ackAllOf(sql.receive(subscription, 1000));
        }
        assertThat(sql.value(
                        "select concat_ws(',', ready, leased, delayed + retrying) from pgqueue.stats(?)", subscription))
                .as(where)
                .isEqualTo("0,0,0");
    }

    private long count(State state) {
        return model.values().stream().filter(c -> c.state == state).count();
    }
}
