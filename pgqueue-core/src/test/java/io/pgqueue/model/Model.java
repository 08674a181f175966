// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import io.pgqueue.model.Copy.State;
import io.pgqueue.sql.Sql.Held;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The oracle: what every copy of every message is at the moment, and so what a receive may return, must return, and what the
 * tables may hold. The invariants are those of a queue that loses nothing:
 *
 * <ul>
 *   <li>I1 nothing is lost; I2 nothing appears that was not sent, was rolled back, or is not due (I10)
 *   <li>I3 a subscription has a copy exactly of what met its filter when it was published
 *   <li>I5, I6 nobody gets what another one holds; an old epoch settles nothing, and epochs only grow
 *   <li>I7 in a group one at a time and in order; outside of groups by priority, then by position
 *   <li>I8 death after exactly so many claims, and one redrive brings it back once; I9 attempts are counted truly
 *   <li>I11 a receive that returns less than asked for leaves nothing behind; I12 every copy is in one place
 * </ul>
 */
final class Model {

    private final Map<Integer, Subscriber> subscribers = new LinkedHashMap<>();
    private final List<Held> leases = new ArrayList<>();
    /** Deduplication keys and whose they are. */
    final Map<String, UUID> keys = new LinkedHashMap<>();

    final History history = new History();
    private int step;

    static AssertionError violation(String rule, Object what) {
        return new AssertionError(rule + ": " + what);
    }

    static void require(boolean holds, String rule, Object what) {
        if (!holds) {
            throw violation(rule, what);
        }
    }

    void add(Subscriber subscriber) {
        subscribers.put(subscriber.id, subscriber);
    }

    Collection<Subscriber> subscribers() {
        return subscribers.values();
    }

    Subscriber subscriber(int id) {
        Subscriber found = subscribers.get(id);
        if (found == null) {
            throw new IllegalArgumentException("No subscription " + id);
        }
        return found;
    }

    int step() {
        return step;
    }

    void step(int number) {
        step = number;
    }

    List<Held> leases() {
        return leases;
    }

    List<Copy> copiesOf(UUID id) {
        List<Copy> found = new ArrayList<>();
        for (Subscriber each : subscribers.values()) {
            Copy copy = each.copies.get(id);
            if (copy != null) {
                found.add(copy);
            }
        }
        return found;
    }

    /** A message that was published for these subscriptions. */
    void published(List<Subscriber> matched, UUID id, Copy.Sent sent, long position) {
        for (Subscriber each : matched) {
            each.copies.put(id, new Copy(each, id, sent, position, step));
        }
    }

    /** Checks what a receive returned and takes it over. all: it looked everywhere and gave groups their turn. */
    void received(Subscriber from, Client by, List<Held> got, int max, Filter filter, boolean all) {
        if (from.paused) {
            require(got.isEmpty(), "a paused subscription delivers nothing", got);
            return;
        }
        require(got.size() <= max, "at most as many as asked for", got);
        // A receive moves no more of what is due into the ring than it may return.
        boolean allDueMoved = from.those(c -> c.is(State.DUE)).size() <= max;
        Set<Copy> batch = new HashSet<>();
        Copy before = null;
        for (Held held : got) {
            Copy copy = deliverable(from, held, filter);
            require(batch.add(copy), "once in a batch", copy);
            require(before == null || before.comesBefore(copy), "in the order of priority, then position", copy);
            if (copy.group != null) {
                checkTurn(copy);
            }
            before = copy;
            take(copy, held, by);
        }
        if (all) {
            checkNothingPassedOver(from, batch, before, got.size() < max, allDueMoved, filter);
        }
    }

    private static Copy deliverable(Subscriber from, Held held, Filter filter) {
        Copy copy = from.copies.get(held.id());
        if (copy == null) {
            throw violation("only what was sent to the subscription and committed", held);
        }
        require(copy.free(), "what a transaction is settling is not delivered", copy);
        require(copy.waiting(), "only what is ready, not leased, not early, not final", copy);
        require(!copy.expired, "nothing that has expired", copy);
        require(!copy.spent(), "nothing that has used up its attempts", copy);
        require(filter.takes(copy), "only what the receiver's selector takes", copy);
        require(held.attempts() == copy.attempts + 1, "each delivery counts one attempt, not " + held.attempts(), copy);
        require(held.replays() == copy.replays, "replays are redrives, not " + held.replays(), copy);
        require(held.epoch() > copy.epoch, "the epoch only grows, not to " + held.epoch(), copy);
        require(held.priority() == copy.priority, "the priority stays, not " + held.priority(), copy);
        require(held.position() == copy.position, "the position stays, not " + held.position(), copy);
        require(copy.id.toString().equals(new String(held.body(), StandardCharsets.UTF_8)), "the body stays", copy);
        return copy;
    }

    private static void checkTurn(Copy copy) {
        for (Copy other : copy.subscriber.copies.values()) {
            if (other == copy
                    || other.is(State.GONE)
                    || !String.valueOf(other.group).equals(copy.group)) {
                continue;
            }
            require(!other.turn, "one of a group at a time", copy + " while " + other);
            boolean waitedBefore = other.is(State.READY)
                    && !other.delayed
                    && !other.doomed()
                    && other.position < copy.position
                    && other.joined <= copy.joined;
            require(!waitedBefore || copy.turn, "in a group by position", copy + " before " + other);
        }
    }

    private void take(Copy copy, Held held, Client by) {
        copy.state = State.LEASED;
        copy.attempts = held.attempts();
        copy.epoch = held.epoch();
        copy.held = held;
        copy.holder = by;
        copy.fenced = false;
        copy.turn = copy.group != null;
        leases.add(held);
    }

    private static void checkNothingPassedOver(
            Subscriber from, Set<Copy> batch, @Nullable Copy last, boolean less, boolean allDueMoved, Filter filter) {
        List<Copy> left = from.those(c -> c.waiting() && c.free() && filter.takes(c));
        boolean groupsAreClear = !from.anyLocked() && from.those(Copy::doomed).isEmpty() && filter == Filter.ALL;
        for (Copy copy : left) {
            boolean certain = copy.is(State.READY) || allDueMoved;
            if (copy.group == null || copy.turn) {
                boolean passed = less || last != null && copy.comesBefore(last);
                // The doomed are put away on the way, which the tables will tell.
                require(!certain || !passed || copy.doomed(), "nothing ready is passed over", copy);
            } else if (less && certain && groupsAreClear) {
                boolean busy = from.copies.values().stream()
                        .anyMatch(c -> copy.group.equals(c.group) && (c.turn || batch.contains(c)));
                require(busy, "a group whose turn is free delivers its head", copy);
            }
        }
    }

    /** Whether whoever has this lease is told for certain that it is lost. */
    boolean isStale(Held held) {
        Copy copy = subscriber(held.subscription()).copies.get(held.id());
        return copy == null || copy.held != held || copy.fenced;
    }

    /** Compares everything with what the tables hold. What was put away on the way is learned here. */
    void compare(Tables tables) {
        for (Subscriber each : subscribers.values()) {
            Map<UUID, Tables.Row> rows = tables.of(each.id);
            for (UUID id : rows.keySet()) {
                require(each.copies.containsKey(id), "nothing that was not sent to " + each.name, id);
            }
            for (Copy copy : each.copies.values()) {
                Tables.Row row = rows.get(copy.id);
                if (copy.doomed() && copy.free()) {
                    learnFate(copy, row);
                }
                compare(copy, row);
            }
        }
    }

    private static void learnFate(Copy copy, Tables.@Nullable Row row) {
        if (row == null && copy.expired && !copy.subscriber.buriesExpired) {
            copy.become(State.GONE);
        } else if (row != null && row.place().equals("dead")) {
            require(
                    copy.spent() || copy.expired && copy.subscriber.buriesExpired,
                    "dead only after all attempts or when the expired are kept",
                    copy);
            copy.become(State.DEAD);
        }
    }

    private static void compare(Copy copy, Tables.@Nullable Row row) {
        if (row == null) {
            require(copy.is(State.GONE), "nothing is lost", copy);
            return;
        }
        boolean agrees = switch (copy.state) {
            case READY -> row.place().equals("ring") && !row.leased();
            case LEASED -> row.place().equals("ring") && row.leased();
            case SCHEDULED -> row.place().equals("scheduled");
            case DUE -> !row.place().equals("dead") && !row.leased();
            case DEAD -> row.place().equals("dead");
            case GONE -> false;
        };
        require(agrees, "every copy is where it belongs, not in " + row, copy);
        require(row.attempts() == copy.attempts, "attempts are what was delivered, not " + row.attempts(), copy);
        require(row.position() == copy.position, "the position stays, not " + row.position(), copy);
        require(row.epoch() >= copy.epoch, "the epoch only grows, not to " + row.epoch(), copy);
    }
}
