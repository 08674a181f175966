// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import io.pgqueue.model.Copy.State;
import io.pgqueue.sql.Sql;
import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import javax.sql.DataSource;

/**
 * One random walk, from an empty database to an empty one: a queue and a topic with two subscriptions, three clients with
 * connections of their own, one thread. Everything random in a step comes from the seed and the step's number, so that a
 * walk may be repeated, and repeated without some of its steps.
 */
final class Walk implements AutoCloseable {

    private static final String RULES = "\"lease_ms\":3600000,\"backoff_base_ms\":3600000,\"backoff_max_ms\":3600000,"
            + "\"jitter_percent\":0,\"park_after\":2";

    private static final String EMPTY = """
            truncate pgqueue.message, pgqueue.delivery, pgqueue.scheduled, pgqueue.dead_letter, pgqueue.subscription,
                     pgqueue.destination, pgqueue.consumer, pgqueue.depth_sample, pgqueue.outcome, pgqueue.tracked cascade;
            select setval('pgqueue.ring_state', 16)
            """;

    final Model model = new Model();
    final Sql admin;
    final Subscriber queue;
    final Subscriber everything;
    final Subscriber some;

    private final long seed;
    private final List<Client> clients = new ArrayList<>();
    private final Deque<String> lately = new ArrayDeque<>();
    private Random random = new Random();

    private Walk(DataSource dataSource, long seed) throws SQLException {
        this.seed = seed;
        this.admin = new Sql(dataSource);
        admin.run("set lock_timeout = '10s'; set statement_timeout = '60s'");
        admin.run(EMPTY);
        queue = subscriber(admin.queue("orders", settings(3, "")), "orders", "orders", 3, false, false);
        admin.run("select pgqueue.create_topic('events', '{\"retain_ms\":3600000}')");
        everything = subscriber(
                subscribe("everything", settings(2, ",\"group_policy\":\"skip\",\"on_expiry\":\"dead_letter\"")),
                "everything",
                "events",
                2,
                true,
                true);
        some = subscriber(
                subscribe("some", settings(0, ",\"retention_ms\":600000")), "some", "events", 0, false, false);
        for (int i = 0; i < 3; i++) {
            clients.add(new Client(dataSource));
        }
    }

    /** Goes through these steps; an {@link AssertionError} tells the seed, the step and the rule that was broken. */
    static void go(DataSource dataSource, long seed, int[] steps) throws SQLException {
        try (Walk walk = new Walk(dataSource, seed)) {
            walk.go(steps);
        }
    }

    /**
     * As few of the steps as still break a rule: leaves out half of them, then a quarter and so on. Begins no walk after this
     * time, for whoever reads the failure waits for it: the fewest so far are the answer then.
     */
    static int[] shrink(DataSource dataSource, long seed, int[] steps, Duration atMost) throws SQLException {
        long end = System.nanoTime() + atMost.toNanos();
        return shrink(steps, () -> System.nanoTime() - end < 0, fewer -> breaks(dataSource, seed, fewer));
    }

    static int[] shrink(int[] steps, BooleanSupplier goesOn, Trial breaks) throws SQLException {
        int[] least = steps;
        for (int size = Math.max(1, least.length / 2); size > 0; size /= 2) {
            for (int from = 0; from < least.length; ) {
                if (!goesOn.getAsBoolean()) {
                    return least;
                }
                int[] fewer = without(least, from, from + size);
                if (breaks.of(fewer)) {
                    least = fewer;
                } else {
                    from += size;
                }
            }
        }
        return least;
    }

    private static int[] without(int[] steps, int begin, int end) {
        return IntStream.range(0, steps.length)
                .filter(i -> i < begin || i >= end)
                .map(i -> steps[i])
                .toArray();
    }

    private static boolean breaks(DataSource dataSource, long seed, int[] steps) throws SQLException {
        try {
            go(dataSource, seed, steps);
            return false;
        } catch (AssertionError broken) {
            return true;
        }
    }

    /** Whether a walk of these steps breaks a rule. */
    interface Trial {

        boolean of(int[] steps) throws SQLException;
    }

    private void go(int[] steps) throws SQLException {
        int step = 0;
        try {
            for (int number : steps) {
                step = number;
                model.step(number);
                random = new Random(seed * 1_000_003 + number);
                Operation operation = Operation.any(random);
                Client client = clients.get(random.nextInt(clients.size()));
                operation.run(this, client);
                if (number % 20 == 19) {
                    compare();
                }
            }
            step = Integer.MAX_VALUE;
            model.step(step);
            new Ending(this, clients).run();
        } catch (SQLException | AssertionError e) {
            throw new AssertionError(
                    "Seed " + seed + (step == Integer.MAX_VALUE ? ", at the end" : ", step " + step) + ": "
                            + e.getMessage() + "\nLately:\n  " + String.join("\n  ", lately),
                    e);
        }
    }

    Random random() {
        return random;
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    Subscriber anySubscriber() {
        return pick(List.copyOf(model.subscribers()));
    }

    /** Remembered for the report of a broken rule. */
    void note(String what) {
        lately.addLast((model.step() == Integer.MAX_VALUE ? "end" : model.step()) + " " + what);
        if (lately.size() > 40) {
            lately.removeFirst();
        }
    }

    UUID newId() {
        return new UUID(random.nextLong(), random.nextLong());
    }

    void compare() throws SQLException {
        model.compare(Tables.read(admin));
    }

    /** A receive and what the model says to it. */
    List<Held> receive(Client client, Subscriber from, int max, Filter filter, boolean all) throws SQLException {
        List<Held> got = client.sql().receive(from.id, max, filter.path, all);
        note("receive " + max + " of " + from.name + (filter == Filter.ALL ? "" : " " + filter) + (all ? "" : " fast")
                + " -> " + got.stream().map(Held::id).toList());
        model.received(from, client, got, max, filter, all);
        if (!from.those(Copy::doomed).isEmpty()) {
            compare();
        }
        return got;
    }

    /** A receive that is an ack as well. */
    void pop(Client client, Subscriber from, int max) throws SQLException {
        List<Held> got = client.sql().pop(from.id, max);
        note("pop " + max + " of " + from.name + " -> "
                + got.stream().map(Held::id).toList());
        model.received(from, client, got, max, Filter.ALL, true);
        for (Held held : got) {
            Copy copy = from.copies.get(held.id());
            if (copy != null) {
                copy.become(State.GONE);
            }
        }
        if (!from.those(Copy::doomed).isEmpty()) {
            compare();
        }
    }

    /** Time passes: leases of these copies are over. */
    void endLeases(List<Copy> copies) throws SQLException {
        for (Copy copy : copies) {
            admin.run(
                    "update pgqueue.delivery set lease_until = clock_timestamp() - interval '1 hour' "
                            + "where subscription_id = ? and position = ?",
                    copy.subscriber.id,
                    copy.position);
            // Its holder may settle still, while nobody took over.
            copy.state = State.READY;
        }
    }

    /** Time passes: these copies are due. */
    void makeDue(List<Copy> copies) throws SQLException {
        for (Copy copy : copies) {
            admin.run(
                    "update pgqueue.scheduled set due_at = clock_timestamp() where subscription_id = ? and position = ?",
                    copy.subscriber.id,
                    copy.position);
            copy.state = State.DUE;
            copy.joined = model.step();
        }
    }

    private String settings(int maxAttempts, String more) {
        return "{\"max_attempts\":" + maxAttempts + "," + RULES + more + "}";
    }

    private int subscribe(String name, String settings) throws SQLException {
        return (int) admin.number("select pgqueue.create_subscription('events', ?, ?::jsonb)", name, settings);
    }

    private Subscriber subscriber(
            int id, String name, String destination, int maxAttempts, boolean skipsGroups, boolean buriesExpired) {
        Subscriber made = new Subscriber(id, name, destination, maxAttempts, skipsGroups, buriesExpired);
        model.add(made);
        return made;
    }

    @Override
    public void close() throws SQLException {
        for (Client client : clients) {
            client.close();
        }
        admin.close();
    }
}
