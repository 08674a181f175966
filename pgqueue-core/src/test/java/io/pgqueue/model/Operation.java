// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static io.pgqueue.model.Model.require;

import io.pgqueue.model.Copy.State;
import io.pgqueue.sql.Sql;
import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** What a client, an administrator or time may do in one step, and how often. What does not apply does nothing. */
enum Operation {
    PUBLISH(14, (walk, client) -> Publishing.one(walk, client)),

    PUBLISH_MANY(5, (walk, client) -> Publishing.many(walk, client)),

    BEGIN(6, (walk, client) -> {
        if (!client.inTransaction()) {
            walk.note("begin");
            client.begin();
        }
    }),

    COMMIT(6, (walk, client) -> {
        if (client.inTransaction()) {
            walk.note("commit");
            client.commit();
        }
    }),

    ROLLBACK(3, (walk, client) -> {
        if (client.inTransaction()) {
            walk.note("rollback");
            client.rollback();
        }
    }),

    /** The consumer dies, between any two statements; what it leased nobody settles. */
    CRASH(3, (walk, client) -> {
        walk.note("crash");
        client.crash(walk.admin);
        for (Subscriber each : walk.model.subscribers()) {
            each.those(c -> c.holder == client).forEach(c -> c.holder = null);
        }
    }),

    RECEIVE(18, (walk, client) -> {
        if (!client.inTransaction()) {
            Filter filter = walk.chance(15) ? walk.pick(List.of(Filter.values())) : Filter.ALL;
            walk.receive(client, walk.anySubscriber(), 1 + walk.random().nextInt(8), filter, walk.chance(80));
        }
    }),

    /** Nobody ever hears of these leases, and so they never were. */
    RECEIVE_AND_CRASH(2, (walk, client) -> {
        if (!client.inTransaction()) {
            walk.note("receive and crash before the commit");
            client.begin();
            client.sql().receive(walk.anySubscriber().id, 5);
            client.crash(walk.admin);
        }
    }),

    ACK(14, (walk, client) -> {
        for (Copy copy : leased(walk, client, 3)) {
            require(client.sql().ack(held(copy)), "whoever holds it can ack it", copy);
            done(walk, client, "ack", copy, () -> copy.become(State.GONE));
        }
    }),

    NACK(10, (walk, client) -> {
        for (Copy copy : leased(walk, client, 1)) {
            boolean now = walk.random().nextBoolean();
            boolean dies = copy.spent() || copy.subscriber.skipsGroups && copy.group != null;
            String outcome = client.sql().nack(held(copy), now ? 0L : null);
            require((dies ? "dead" : "retry").equals(outcome), "dead after exactly so many attempts, " + outcome, copy);
            done(
                    walk,
                    client,
                    "nack",
                    copy,
                    () -> copy.become(dies ? State.DEAD : now ? State.READY : State.SCHEDULED));
        }
    }),

    DEAD_LETTER(2, (walk, client) -> {
        for (Copy copy : leased(walk, client, 1)) {
            String outcome = (String) client.sql()
                    .value(
                            "select outcome from pgqueue.nack(?, ?, ?::smallint, array[?::bigint], array[?::integer], null, "
                                    + "'REJECTED')",
                            held(copy).slot(),
                            held(copy).subscription(),
                            held(copy).priority(),
                            held(copy).position(),
                            held(copy).epoch());
            require("dead".equals(outcome), "dead when its consumer says so, " + outcome, copy);
            done(walk, client, "dead letter", copy, () -> copy.become(State.DEAD));
        }
    }),

    RELEASE(4, (walk, client) -> {
        for (Copy copy : leased(walk, client, 1)) {
            require(client.sql().release(held(copy)), "whoever holds it can release it", copy);
            done(walk, client, "release", copy, () -> {
                copy.become(State.READY);
                copy.attempts--;
            });
        }
    }),

    RETRY_LATER(4, (walk, client) -> {
        for (Copy copy : leased(walk, client, 1)) {
            require(client.sql().snooze(held(copy), 3_600_000), "whoever holds it can put it off", copy);
            done(walk, client, "retry later", copy, () -> {
                copy.become(State.SCHEDULED);
                copy.expired &= !copy.aged;
                copy.aged = false;
                copy.attempts--;
            });
        }
    }),

    EXTEND(2, (walk, client) -> {
        for (Copy copy : leased(walk, client, 1)) {
            require(client.sql().extend(held(copy), 3_600_000), "whoever holds it can extend it", copy);
            done(walk, client, "extend", copy, () -> {});
        }
    }),

    /** A lease has ended and nobody took over: its holder may still settle, unless maintenance has moved the delivery. */
    LATE_ACK(2, (walk, client) -> {
        List<Copy> late = all(walk, c -> c.is(State.READY) && !c.fenced && c.free() && c.holder == client);
        if (!late.isEmpty()) {
            Copy copy = walk.pick(late);
            boolean done = client.sql().ack(held(copy));
            walk.note("late ack of " + copy + " -> " + done);
            if (done) {
                client.then(copy, () -> copy.become(State.GONE));
            }
        }
    }),

    STALE(10, (walk, client) -> {
        List<Held> stale = walk.model.leases().stream()
                .filter(walk.model::isStale)
                .filter(h -> walk.model.copiesOf(h.id()).stream().allMatch(Copy::free))
                .toList();
        // Mostly of what is still there: only that can be settled wrongly.
        List<Held> there = stale.stream()
                .filter(h -> walk.model.copiesOf(h.id()).stream()
                        .anyMatch(c -> c.subscriber.id == h.subscription()
                                && c.position == h.position()
                                && (c.is(State.READY) || c.is(State.LEASED))))
                .toList();
        if (!stale.isEmpty()) {
            Held held = walk.pick(there.isEmpty() || walk.chance(20) ? stale : there);
            walk.note("stale " + held);
            Sql sql = client.sql();
            switch (walk.random().nextInt(6)) {
                case 0 -> require(!sql.ack(held), "an old epoch cannot ack", held);
                case 1 -> require(sql.nack(held, 0L) == null, "an old epoch cannot nack", held);
                case 2 -> require(!sql.extend(held, 60_000), "an old epoch cannot extend", held);
                case 3 -> require(!sql.release(held), "an old epoch cannot release", held);
                case 4 -> require(!sql.snooze(held, 60_000), "an old epoch cannot put off", held);
                default -> require(sql.ackAll(List.of(held)).isEmpty(), "an old epoch cannot ack many", held);
            }
        }
    }),

    LEASES_END(5, (walk, client) -> {
        List<Copy> some = all(walk, c -> c.is(State.LEASED) && c.free()).stream()
                .filter(c -> walk.chance(40))
                .toList();
        walk.note("leases end of " + some);
        walk.endLeases(some);
    }),

    RELEASE_BY_HAND(1, (walk, client) -> {
        Subscriber from = walk.anySubscriber();
        List<Copy> held = from.those(c -> c.is(State.LEASED) && c.free());
        long released = walk.admin.number("select pgqueue.release_subscription(?)", from.id);
        walk.note("release all of " + from.name);
        require(released == held.size(), "every lease is ended by hand, " + released, held);
        held.forEach(c -> c.become(State.READY));
    }),

    DUE(6, (walk, client) -> {
        List<Copy> some = all(walk, c -> c.is(State.SCHEDULED) && c.free()).stream()
                .filter(c -> walk.chance(40))
                .toList();
        walk.note("due are " + some);
        walk.makeDue(some);
    }),

    EXPIRE(3, (walk, client) -> {
        List<Copy> mortal = all(walk, c -> c.mortal && !c.expired && !c.is(State.GONE) && !c.is(State.DEAD));
        if (!mortal.isEmpty()) {
            UUID id = walk.pick(mortal).id;
            List<Copy> copies = walk.model.copiesOf(id);
            if (copies.stream().allMatch(Copy::free)) {
                walk.note("expired is " + id);
                for (String table : List.of("message", "scheduled")) {
                    walk.admin.run(
                            "update pgqueue." + table + " set expires_at = clock_timestamp() - interval '1 second' "
                                    + "where message_id = ? and expires_at is not null",
                            id);
                }
                copies.stream().filter(c -> c.mortal && c.replays == 0).forEach(c -> {
                    c.expired = true;
                    c.aged = false;
                });
            }
        }
    }),

    CANCEL(4, (walk, client) -> {
        List<Copy> known = all(walk, c -> !c.is(State.GONE) || walk.chance(5));
        if (!known.isEmpty()) {
            Administering.cancel(walk, client, walk.pick(known).id);
        }
    }),

    RESCHEDULE(4, (walk, client) -> {
        List<Copy> tried = all(walk, c -> c.attempts > 0 && (c.is(State.READY) || c.is(State.SCHEDULED)));
        List<Copy> known = tried.isEmpty() || walk.chance(30) ? all(walk, c -> !c.is(State.GONE)) : tried;
        if (!known.isEmpty()) {
            Administering.reschedule(walk, client, walk.pick(known).id);
        }
    }),

    /** At most once: leased and acked in one. */
    POP(3, (walk, client) -> {
        if (!client.inTransaction()) {
            walk.pop(client, walk.anySubscriber(), 1 + walk.random().nextInt(4));
        }
    }),

    PUBLISH_ONCE(3, (walk, client) -> {
        if (!client.inTransaction()) {
            Keys.once(walk, client);
        }
    }),

    REPLACE(3, (walk, client) -> {
        if (!client.inTransaction()) {
            Keys.replace(walk, client);
        }
    }),

    PUBLISH_WHEN_FULL(1, (walk, client) -> {
        if (!client.inTransaction()) {
            Keys.whenFull(walk, client);
        }
    }),

    REWIND(1, (walk, client) -> walk.model.history.rewind(walk)),

    /** It was sent so long ago that the one subscription with a retention does not want it any more. */
    AGE(2, (walk, client) -> {
        List<Copy> young = walk.some.those(
                c -> (c.is(State.READY) || c.is(State.LEASED)) && c.free() && !c.expired && c.replays == 0);
        if (!young.isEmpty()) {
            Copy copy = walk.pick(young);
            walk.note("aged is " + copy);
            walk.admin.run(
                    "update pgqueue.message set sent_at = sent_at - interval '1 hour' where id = ?", copy.position);
            walk.admin.run(
                    "update pgqueue.scheduled set sent_at = sent_at - interval '1 hour' where position = ?",
                    copy.position);
            walk.admin.run(
                    "update pgqueue.delivery set ready_at = ready_at - interval '1 hour' "
                            + "where subscription_id = ? and position = ?",
                    walk.some.id,
                    copy.position);
            copy.expired = true;
            copy.aged = true;
        }
    }),

    REDRIVE(6, Administering::redrive),

    DISCARD(1, Administering::discard),

    PURGE(2, (walk, client) -> Administering.purge(walk)),

    PAUSE(2, (walk, client) -> {
        Subscriber any = walk.anySubscriber();
        any.paused = walk.chance(30);
        walk.note((any.paused ? "pause " : "resume ") + any.name);
        walk.admin.run("select pgqueue.set_paused(?, ?)", any.id, any.paused);
    }),

    CHANGE_FILTER(2, (walk, client) -> Administering.changeFilter(walk)),

    MAINTAIN(9, (walk, client) -> {
        if (walk.chance(50)) {
            walk.admin.ageRotation();
        }
        boolean rotates = walk.chance(60);
        int spent = all(walk, c -> c.is(State.READY) && c.spent() && c.free()).size();
        Sql.Pass pass = rotates ? walk.admin.rotate() : walk.admin.tidy();
        walk.note("maintain -> " + pass);
        require(pass.buried() == spent, "maintenance buries exactly what used up its attempts, " + spent, pass);
        walk.compare();
    });

    private interface Action {
        void run(Walk walk, Client client) throws SQLException;
    }

    private static final int TOTAL =
            Arrays.stream(values()).mapToInt(o -> o.weight).sum();

    private final int weight;
    private final Action action;

    Operation(int weight, Action action) {
        this.weight = weight;
        this.action = action;
    }

    static Operation any(Random random) {
        int left = random.nextInt(TOTAL);
        for (Operation each : values()) {
            left -= each.weight;
            if (left < 0) {
                return each;
            }
        }
        throw new IllegalStateException();
    }

    void run(Walk walk, Client client) throws SQLException {
        action.run(walk, client);
    }

    private static List<Copy> all(Walk walk, java.util.function.Predicate<Copy> which) {
        return walk.model.subscribers().stream()
                .flatMap(s -> s.those(which).stream())
                .toList();
    }

    /** Some of what the client holds. */
    private static List<Copy> leased(Walk walk, Client client, int most) {
        List<Copy> held = all(walk, c -> c.leasedBy(client));
        if (held.isEmpty()) {
            return held;
        }
        int from = walk.random().nextInt(held.size());
        return held.subList(from, Math.min(held.size(), from + 1 + walk.random().nextInt(most)));
    }

    private static Held held(Copy copy) {
        if (copy.held == null) {
            throw new IllegalStateException(copy.toString());
        }
        return copy.held;
    }

    private static void done(Walk walk, Client client, String what, Copy copy, Runnable effect) {
        walk.note(what + (client.inTransaction() ? " (not committed) " : " ") + copy);
        client.then(copy, effect);
    }
}
