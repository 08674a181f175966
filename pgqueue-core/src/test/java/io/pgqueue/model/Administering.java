// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static io.pgqueue.model.Model.require;

import io.pgqueue.model.Copy.State;
import io.pgqueue.sql.Sql;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Cancelling, dead letters, purging and filters: operations that touch more than one copy. */
final class Administering {

    private Administering() {}

    static void cancel(Walk walk, Client client, UUID id) throws SQLException {
        List<Copy> copies = walk.model.copiesOf(id);
        if (!copies.stream().allMatch(Copy::free)) {
            return;
        }
        Map<Integer, String> outcomes = new HashMap<>();
        try (PreparedStatement statement =
                client.sql().connection().prepareStatement("select subscription_id, outcome from pgqueue.cancel(?)")) {
            statement.setObject(1, id);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    outcomes.put(row.getInt(1), row.getString(2));
                }
            }
        }
        walk.note("cancel " + id + " -> " + outcomes);
        for (Copy copy : copies) {
            String outcome = outcomes.remove(copy.subscriber.id);
            String expected = switch (copy.state) {
                case READY, SCHEDULED, DUE -> "cancelled";
                case LEASED -> "was_leased";
                case DEAD -> "finished";
                case GONE -> null;
            };
            require(
                    String.valueOf(expected).equals(String.valueOf(outcome)),
                    "cancel tells " + expected + ", not " + outcome,
                    copy);
            if (!copy.is(State.DEAD) && !copy.is(State.GONE)) {
                client.then(copy, () -> copy.become(State.GONE));
            }
        }
        require(outcomes.isEmpty(), "cancel finds only what was sent", outcomes);
    }

    /** All that wait get the new time, or, when one is leased, none. */
    static void reschedule(Walk walk, Client client, UUID id) throws SQLException {
        List<Copy> copies = walk.model.copiesOf(id).stream()
                .filter(c -> !c.is(State.DEAD) && !c.is(State.GONE))
                .toList();
        if (!walk.model.copiesOf(id).stream().allMatch(Copy::free)
                || copies.stream().anyMatch(c -> c.expired || c.spent())) {
            return;
        }
        Map<Integer, String> outcomes = new HashMap<>();
        try (PreparedStatement statement = client.sql()
                .connection()
                .prepareStatement("select subscription_id, outcome from pgqueue.reschedule(?, clock_timestamp() + "
                        + "interval '1 hour')")) {
            statement.setObject(1, id);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    outcomes.put(row.getInt(1), row.getString(2));
                }
            }
        }
        walk.note("reschedule " + id + " -> " + outcomes);
        boolean held = copies.stream().anyMatch(c -> c.is(State.LEASED));
        for (Copy copy : copies) {
            String expected = held ? copy.is(State.LEASED) ? "leased" : "null" : "rescheduled";
            String outcome = String.valueOf(outcomes.remove(copy.subscriber.id));
            require(expected.equals(outcome), "reschedule tells " + expected + ", not " + outcome, copy);
            client.then(copy, () -> {
                if (!held) {
                    copy.become(State.SCHEDULED);
                    copy.turn = false;
                    copy.delayed = true;
                }
            });
        }
        require(outcomes.isEmpty(), "reschedule finds only what waits", outcomes);
    }

    static void redrive(Walk walk, Client client) throws SQLException {
        Subscriber from = walk.anySubscriber();
        if (!from.those(c -> c.lockedBy == client).isEmpty()) {
            // It sees what it has not committed.
            return;
        }
        List<Copy> dead = from.those(c -> c.is(State.DEAD) && c.replays < 2);
        int limit = 1 + walk.random().nextInt(3);
        Sql sql = client.sql();
        UUID[] ids = (UUID[])
                ((java.sql.Array) sql.value("select redriven from pgqueue.redrive(?, null, ?)", from.id, limit))
                        .getArray();
        long last = sql.number("select coalesce(pg_sequence_last_value('pgqueue.position'), 0)");
        walk.note("redrive " + from.name + " -> " + List.of(ids));
        int free = (int) dead.stream().filter(Copy::free).count();
        require(ids.length <= limit, "at most as many redriven as asked for", List.of(ids));
        require(
                dead.size() > free || ids.length == Math.min(limit, free),
                "all dead letters that are not parked are redriven",
                dead);
        for (int i = 0; i < ids.length; i++) {
            Copy copy = from.copies.get(ids[i]);
            if (copy == null) {
                throw Model.violation("only dead letters are redriven", ids[i]);
            }
            require(dead.contains(copy) && copy.free(), "only dead letters are redriven, once", copy);
            long position = last - ids.length + 1 + i;
            client.then(copy, () -> {
                copy.become(State.READY);
                copy.position = position;
                copy.attempts = 0;
                copy.replays++;
                copy.expired = false;
                copy.aged = false;
                copy.delayed = false;
                copy.joined = walk.model.step();
            });
        }
    }

    static void discard(Walk walk, Client client) throws SQLException {
        List<Copy> dead = walk.anySubscriber().those(c -> c.is(State.DEAD) && c.free());
        if (dead.isEmpty()) {
            return;
        }
        Copy copy = walk.pick(dead);
        long count = client.sql()
                .number("select pgqueue.discard(?, array[?::uuid])", copy.subscriber.id, copy.id.toString());
        walk.note("discard " + copy);
        require(count == 1, "a dead letter is there once, not " + count, copy);
        client.then(copy, () -> copy.become(State.GONE));
    }

    static void purge(Walk walk) throws SQLException {
        Subscriber from = walk.anySubscriber();
        if (from.anyLocked() || !walk.chance(60)) {
            return;
        }
        boolean leased = walk.chance(30);
        List<Copy> waiting = from.those(
                c -> c.is(State.READY) || c.is(State.DUE) || c.is(State.SCHEDULED) || leased && c.is(State.LEASED));
        long count = walk.admin.number("select pgqueue.purge(?, ?)", from.id, leased);
        walk.note("purge " + from.name + (leased ? " with what is leased" : "") + " -> " + count);
        require(count == waiting.size(), "purge removes what waits: " + waiting.size() + ", not " + count, from.name);
        waiting.forEach(c -> c.become(State.GONE));
    }

    static void changeFilter(Walk walk) throws SQLException {
        Subscriber topic = walk.some;
        if (topic.anyLocked()) {
            return;
        }
        Filter filter = walk.pick(List.of(Filter.values()));
        String backlog = walk.pick(List.of("keep", "keep", "refilter", "drop"));
        List<Copy> waiting = topic.those(c -> c.is(State.READY) || c.is(State.DUE) || c.is(State.SCHEDULED));
        List<Copy> refused = waiting.stream()
                .filter(c -> backlog.equals("drop") || backlog.equals("refilter") && !filter.takes(c))
                .toList();
        int leased = topic.those(c -> c.is(State.LEASED)).size();
        String counts = (String) walk.admin.value(
                "select concat_ws(',', kept, discarded, leased) from "
                        + "pgqueue.change_filter(?, jsonb_build_object('filter', ?::text), ?)",
                topic.id,
                filter.path,
                backlog);
        walk.note("filter " + filter + ", " + backlog + " -> " + counts);
        String expected = (waiting.size() - refused.size()) + "," + refused.size() + "," + leased;
        require(expected.equals(counts), "a new filter finds " + expected + ", not " + counts, topic.name);
        topic.filter = filter;
        refused.forEach(c -> c.become(State.GONE));
    }
}
