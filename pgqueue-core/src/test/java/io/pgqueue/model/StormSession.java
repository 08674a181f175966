// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import io.pgqueue.sql.Sql;
import io.pgqueue.sql.Sql.Held;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What a worker of a {@link Storm} does with one connection, until that is killed. */
final class StormSession {

    private static final String PUBLISH =
            "select p_position, p_subscriptions from pgqueue.publish_message(?, ?, ?, ?::jsonb, "
                    + "?::smallint, ?, null, null, null, null, null, ?::bigint, null)";

    private final Storm storm;
    private final int number;
    private final Random random;
    private final List<Held> held;
    private final AtomicInteger groups;
    private final Sql sql;

    StormSession(Storm storm, int number, Random random, List<Held> held, AtomicInteger groups, Sql sql) {
        this.storm = storm;
        this.number = number;
        this.random = random;
        this.held = held;
        this.groups = groups;
        this.sql = sql;
    }

    /** One random operation. */
    void any(int dice) throws SQLException {
        if (dice < 210) {
            publish();
        } else if (dice < 250) {
            publishKeyed();
        } else if (dice < 490) {
            receive();
        } else if (dice < 530) {
            pop();
        } else if (dice < 850) {
            settle();
        } else if (dice < 880) {
            cancel();
        } else if (dice < 900) {
            reschedule();
        } else if (dice < 915) {
            redriveOrDiscard();
        } else if (dice < 919) {
            purgeOrRefilter();
        } else if (dice < 923) {
            move();
        } else if (dice < 950) {
            leasesEnd();
        } else if (dice < 975) {
            maintain();
        } else if (dice < 980) {
            sql.run("select pgqueue.sample(0)");
        } else if (dice < 985) {
            check();
        } else if (dice < 990) {
            kill();
        } else {
            groups.incrementAndGet();
        }
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private interface Work {
        void run() throws SQLException;
    }

    /** Committed mostly. Whatever is thrown ends the connection, and with it the transaction. */
    private void inTransaction(Work work) throws SQLException {
        sql.connection().setAutoCommit(false);
        work.run();
        if (chance(85)) {
            sql.connection().commit();
        } else {
            sql.connection().rollback();
        }
        sql.connection().setAutoCommit(true);
    }

    /** Each worker has groups of its own: their messages are committed in the order of their positions. */
    private @Nullable String group() {
        return chance(50) ? null : "w" + number + "-" + (groups.get() + random.nextInt(2));
    }

    private void publish() throws SQLException {
        List<UUID> ids = new ArrayList<>();
        inTransaction(() -> {
            for (int n = random.nextInt(3); n >= 0; n--) {
                UUID id = new UUID(random.nextLong(), random.nextLong());
                String group = group();
                boolean delayed = chance(10);
                try (PreparedStatement statement = sql.connection().prepareStatement(PUBLISH)) {
                    statement.setInt(1, chance(50) ? storm.ordersQueue : storm.events);
                    statement.setObject(2, id);
                    statement.setBytes(3, id.toString().getBytes(StandardCharsets.UTF_8));
                    statement.setString(4, chance(50) ? "{\"color\": \"red\"}" : null);
                    statement.setInt(5, random.nextInt(10));
                    statement.setString(6, group);
                    statement.setObject(7, delayed ? (Long) (long) random.nextInt(30) : null);
                    enter(statement, id, group, false, null);
                }
                if (delayed) {
                    Ledger.late(sql, 0, id);
                }
                ids.add(id);
            }
        });
        ids.forEach(storm::sent);
    }

    private void publishKeyed() throws SQLException {
        UUID id = new UUID(random.nextLong(), random.nextLong());
        boolean replace = chance(50);
        String key = replace ? "r" + random.nextInt(3) : "d" + random.nextInt(3000);
        inTransaction(() -> {
            try (PreparedStatement statement = sql.connection()
                    .prepareStatement(
                            "select p_first_position, case when p_duplicates[1] is null then p_subscriptions else '{}' end "
                                    + "from pgqueue.publish_with_keys(?, array[?::uuid], array[?::bytea], array[null::jsonb], "
                                    + "array[4::smallint], array[null::text], array[null::text], array[null::text], array[null::text], "
                                    + "array[null::text], array[null::bigint], array[null::bigint], array[null::timestamptz], "
                                    + (replace ? "null, array[?], array['replace'])" : "array[?], null, null)"))) {
                statement.setInt(1, storm.keyedQueue);
                statement.setObject(2, id);
                statement.setBytes(3, id.toString().getBytes(StandardCharsets.UTF_8));
                statement.setString(4, key);
                enter(statement, id, null, replace, replace ? null : key);
            }
        });
    }

    private void enter(
            PreparedStatement statement, UUID id, @Nullable String group, boolean vague, @Nullable String dedupKey)
            throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            for (Integer subscription : (Integer[]) row.getArray(2).getArray()) {
                Ledger.sent(sql, subscription, id, row.getLong(1), group, vague, dedupKey);
            }
        }
    }

    private int anySubscription() {
        return storm.subscriptions().get(random.nextInt(storm.subscriptions().size()));
    }

    private void receive() throws SQLException {
        int subscription = anySubscription();
        String filter = chance(10) ? "$.color == \"red\"" : null;
        List<Held> got = sql.receive(subscription, 1 + random.nextInt(20), filter, chance(70));
        storm.received(got);
        if (!chance(10)) {
            // Else nobody settles them, as after a crash.
            held.addAll(got);
        }
    }

    private void pop() throws SQLException {
        int subscription = anySubscription();
        inTransaction(() -> {
            for (Held each : sql.pop(subscription, 3)) {
                Ledger.acked(sql, storm.family(subscription), each);
            }
        });
    }

    private void settle() throws SQLException {
        if (held.isEmpty()) {
            return;
        }
        if (held.size() > 60) {
            held.subList(0, 20).clear();
        }
        Held one = held.get(random.nextInt(held.size()));
        switch (random.nextInt(10)) {
            case 0 -> settled(one, sql.nack(one, 0L) != null);
            case 1 -> settled(one, sql.nack(one, (long) random.nextInt(30)) != null);
            case 2 -> settled(one, sql.nack(one, null) != null);
            case 3 -> settled(one, sql.release(one));
            case 4 -> settled(one, sql.snooze(one, random.nextInt(30)));
            case 5 -> {
                if (!sql.extend(one, 60_000)) {
                    held.remove(one);
                }
            }
            default -> ack();
        }
    }

    /** Settled once, it is stale; now and then it is kept, to see that it is. */
    private void settled(Held one, boolean done) {
        if (!done || chance(80)) {
            held.remove(one);
        }
    }

    private void ack() throws SQLException {
        List<Held> some = new ArrayList<>();
        for (Held next : held) {
            if (some.size() < 3 && chance(20)) {
                some.add(next);
            }
        }
        some.sort(Comparator.comparingInt(Held::subscription).thenComparingLong(Held::position));
        List<Held> stale = new ArrayList<>();
        List<Held> done = new ArrayList<>();
        inTransaction(() -> {
            for (Held each : some) {
                if (chance(50) ? sql.ack(each) : !sql.ackAll(List.of(each)).isEmpty()) {
                    Ledger.acked(sql, storm.family(each.subscription()), each);
                    done.add(each);
                } else {
                    stale.add(each);
                }
            }
        });
        done.forEach(storm::acked);
        held.removeAll(stale);
    }

    private void cancel() throws SQLException {
        UUID id = recentId();
        if (id != null) {
            inTransaction(() -> {
                try (PreparedStatement statement = sql.connection()
                        .prepareStatement(
                                "select subscription_id from pgqueue.cancel(?) where outcome <> 'finished'")) {
                    statement.setObject(1, id);
                    List<Integer> cancelled = new ArrayList<>();
                    try (ResultSet row = statement.executeQuery()) {
                        while (row.next()) {
                            cancelled.add(row.getInt(1));
                        }
                    }
                    for (int subscription : cancelled) {
                        Ledger.gone(sql, subscription, storm.family(subscription), id, 1);
                    }
                }
            });
        }
    }

    private void reschedule() throws SQLException {
        UUID id = recentId();
        if (id != null) {
            inTransaction(() -> {
                sql.column(
                        "select outcome from pgqueue.reschedule(?, clock_timestamp() + ? * interval '1 millisecond')",
                        id,
                        random.nextInt(40) - 10);
                Ledger.late(sql, 0, id);
            });
        }
    }

    private @Nullable UUID recentId() {
        int skip = random.nextInt(100);
        for (UUID each : storm.recent) {
            if (skip-- == 0) {
                return each;
            }
        }
        return storm.recent.peekLast();
    }

    private void redriveOrDiscard() throws SQLException {
        int subscription = anySubscription();
        if (chance(70)) {
            sql.run("select pgqueue.redrive(?, null, ?)", subscription, 1 + random.nextInt(10));
            return;
        }
        Object id = sql.value("select message_id from pgqueue.dead_letters(?, 1)", subscription);
        if (id != null) {
            inTransaction(() -> Ledger.gone(
                    sql,
                    subscription,
                    storm.family(subscription),
                    (UUID) id,
                    sql.number("select pgqueue.discard(?, array[?::uuid])", subscription, id.toString())));
        }
    }

    private void purgeOrRefilter() throws SQLException {
        inTransaction(() -> {
            if (chance(50)) {
                Ledger.gone(
                        sql,
                        storm.everything,
                        storm.everything,
                        null,
                        sql.number(
                                "select pgqueue.purge(?, ?, ?::jsonb)",
                                storm.everything,
                                chance(50),
                                chance(70) ? "{\"filter\":\"$.color == \\\"red\\\"\"}" : "{}"));
            } else {
                Ledger.gone(
                        sql,
                        storm.some,
                        storm.some,
                        null,
                        sql.number(
                                "select discarded from pgqueue.change_filter(?, jsonb_build_object('filter', ?::text), 'refilter')",
                                storm.some,
                                chance(50) ? "$.color == \"red\"" : "$.color == \"red\" && $JMSPriority >= 5"));
            }
        });
    }

    private void move() throws SQLException {
        inTransaction(() -> {
            long moved = sql.number(
                    "select moved from pgqueue.move_backlog(?, 'spare', ?)", storm.orders, 1 + random.nextInt(10));
            if (moved > 0) {
                Ledger.moved(sql, storm.orders, storm.spare, moved);
            }
        });
    }

    /** Time passes for some of what is leased. */
    private void leasesEnd() throws SQLException {
        String leaf = "pgqueue.delivery_" + random.nextInt(16);
        sql.run("update " + leaf + " set lease_until = clock_timestamp() - interval '1 hour' where ctid = any (array("
                + "select ctid from " + leaf
                + " where lease_until > clock_timestamp() and random() < 0.3 for update skip locked))");
    }

    private void maintain() throws SQLException {
        if (chance(50)) {
            sql.ageRotation();
        }
        sql.maintain(100, 3_600_000);
    }

    private void check() throws SQLException {
        List<Object> found = sql.column("select invariant || ': ' || subscription_id || '/' || position || ' ' || "
                + "coalesce(detail, '') from pgqueue.check_invariants(3)");
        found.forEach(each -> storm.broken.add("at every moment " + each));
    }

    private void kill() throws SQLException {
        int victim = random.nextInt(storm.backends.length());
        if (victim != number) {
            sql.run("select pg_terminate_backend(?)", storm.backends.get(victim));
            storm.kills.incrementAndGet();
        }
    }
}
