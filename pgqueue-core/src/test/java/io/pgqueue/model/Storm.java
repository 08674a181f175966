// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static io.pgqueue.model.Model.require;

import io.pgqueue.sql.Sql;
import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import javax.sql.DataSource;

/**
 * Several threads with connections of their own do random things at the same time, kill one another's sessions among them,
 * while leases end and the ring goes round. There is no model of what may happen next; what must hold at every moment is
 * asked of the database, and what must have become of every message is known at the end from a {@link Ledger}.
 *
 * <p>The seed decides what each thread tries, not how the threads meet.
 */
final class Storm {

    private static final int WORKERS = 6;
    private static final int RECENT = 200;

    private static final String RULES =
            "\"lease_ms\":60000,\"backoff_base_ms\":5,\"backoff_max_ms\":50,\"park_after\":0";

    /** What must stop the storm: broken rules, and errors that no operation may have. */
    final Queue<String> broken = new ConcurrentLinkedQueue<>();

    final ConcurrentLinkedDeque<UUID> recent = new ConcurrentLinkedDeque<>();
    final AtomicIntegerArray backends = new AtomicIntegerArray(WORKERS);
    final AtomicInteger kills = new AtomicInteger();
    final AtomicInteger operations = new AtomicInteger();
    final int orders;
    final int spare;
    final int keyed;
    final int everything;
    final int some;
    final int ordersQueue;
    final int keyedQueue;
    final int events;

    private final DataSource dataSource;
    private final long seed;
    /** By subscription and position the highest epoch that anybody got. */
    private final Map<String, Integer> epochs = new ConcurrentHashMap<>();

    private final Set<String> claims = ConcurrentHashMap.newKeySet();

    private volatile boolean over;

    Storm(DataSource dataSource, long seed) throws SQLException {
        this.dataSource = dataSource;
        this.seed = seed;
        try (Sql sql = new Sql(dataSource)) {
            Ledger.create(sql);
            orders = sql.queue("orders", "{\"max_attempts\":3," + RULES + "}");
            spare = sql.queue("spare", "{\"max_attempts\":3," + RULES + "}");
            keyed = sql.queue("keyed", "{\"max_attempts\":0,\"dedup_window_ms\":604800000," + RULES + "}");
            sql.run("select pgqueue.create_topic('events')");
            everything = subscribe(sql, "everything", "{\"max_attempts\":2,\"group_policy\":\"skip\"," + RULES + "}");
            some = subscribe(sql, "some", "{\"max_attempts\":0,\"filter\":\"$.color == \\\"red\\\"\"," + RULES + "}");
            ordersQueue = sql.destination("orders");
            keyedQueue = sql.destination("keyed");
            events = sql.destination("events");
        }
    }

    private static int subscribe(Sql sql, String name, String settings) throws SQLException {
        return (int) sql.number("select pgqueue.create_subscription('events', ?, ?::jsonb)", name, settings);
    }

    /** Rages until the time is over or a rule is broken, then checks what is left. */
    void rage(long nanos) throws SQLException, InterruptedException {
        long end = System.nanoTime() + nanos;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            StormWorker worker = new StormWorker(this, i, new Random(seed * 1_000_003 + i), dataSource);
            Thread thread = new Thread(
                    () -> {
                        while (!over && System.nanoTime() < end && broken.isEmpty()) {
                            worker.step();
                        }
                        worker.close();
                    },
                    "storm-" + i);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join(nanos / 1_000_000 + 60_000);
            if (thread.isAlive()) {
                broken.add("every operation ends: " + List.of(thread.getStackTrace()));
            }
        }
        over = true;
        try (Sql sql = new Sql(dataSource)) {
            calm(sql);
        } catch (SQLException | AssertionError e) {
            broken.add(String.valueOf(e.getMessage()));
        }
        if (!broken.isEmpty()) {
            throw new AssertionError("Seed " + seed + ":\n  " + String.join("\n  ", broken));
        }
    }

    int family(int subscription) {
        return subscription == spare ? orders : subscription;
    }

    List<Integer> subscriptions() {
        return List.of(orders, spare, keyed, everything, some);
    }

    void sent(UUID id) {
        recent.addFirst(id);
        if (recent.size() > RECENT) {
            recent.pollLast();
        }
    }

    /** Each claim has an epoch of its own. */
    void received(List<Held> got) {
        for (Held held : got) {
            epochs.merge(key(held), held.epoch(), Math::max);
            if (!claims.add(key(held) + "/" + held.epoch())) {
                broken.add("one lease at a time: " + held);
            }
        }
    }

    /** Whoever got it later would have to have settled it. */
    void acked(Held held) {
        int highest = epochs.getOrDefault(key(held), 0);
        if (held.epoch() < highest) {
            broken.add("an old epoch settles nothing: " + held + ", " + highest + " was given out");
        }
    }

    private static String key(Held held) {
        return held.subscription() + "/" + held.position();
    }

    /** The fault is gone: everything drains, is accounted for, and leaves empty storage. */
    private void calm(Sql sql) throws SQLException {
        sql.run("set search_path = pgqueue");
        require(
                sql.column(
                                "select invariant || ': ' || subscription_id || '/' || position || ' ' || coalesce(detail, '') "
                                        + "from check_invariants()")
                        .isEmpty(),
                "invariants hold",
                sql.column("select * from check_invariants()"));
        for (int subscription : subscriptions()) {
            drain(sql, subscription);
        }
        require(
                Ledger.twiceOrNever(sql).isEmpty(),
                "nothing twice, nothing that was not sent",
                Ledger.twiceOrNever(sql));
        require(Ledger.lost(sql).isEmpty(), "nothing is lost", Ledger.lost(sql));
        require(Ledger.outOfOrder(sql).isEmpty(), "groups keep their order", Ledger.outOfOrder(sql));
        require(Ledger.keysUsedTwice(sql).isEmpty(), "a key is used once", Ledger.keysUsedTwice(sql));
        List<Object> wrong = Ledger.wrongTotals(sql);
        require(wrong.isEmpty(), "totals are what was done", wrong);
        sql.reclaimAll();
        require(sql.unclean().isEmpty(), "storage is reclaimed", sql.unclean());
    }

    private void drain(Sql sql, int subscription) throws SQLException {
        long waiting = 1;
        for (int round = 0; waiting > 0; round++) {
            require(round < 2_000, "everything drains", waiting + " of " + subscription);
            sql.endLeases(subscription);
            sql.makeDue(subscription);
            sql.connection().setAutoCommit(false);
            for (Held held : sql.receive(subscription, 1000)) {
                require(sql.ack(held), "whoever holds it can ack it", held);
                Ledger.acked(sql, family(subscription), held);
            }
            sql.connection().commit();
            sql.connection().setAutoCommit(true);
            waiting = sql.number(
                    "select (select count(*) from delivery where subscription_id = ?) + (select count(*) from scheduled "
                            + "where subscription_id = ?)",
                    subscription,
                    subscription);
        }
    }
}
