// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static io.pgqueue.model.Model.require;

import io.pgqueue.model.Copy.Sent;
import io.pgqueue.model.Copy.State;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What the topic was sent, as its history keeps it, and going back to it. */
final class History {

    private static final int FAR = 12;

    private final List<Entry> entries = new ArrayList<>();

    private record Entry(UUID id, Sent sent, long position) {}

    void add(UUID id, Sent sent, long position) {
        entries.add(new Entry(id, sent, position));
    }

    /** Everything since a message not long ago that the subscription has no more comes again, in its order, as new. */
    void rewind(Walk walk) throws SQLException {
        Subscriber to = walk.everything;
        if (entries.isEmpty() || to.anyLocked()) {
            return;
        }
        // What was put away meanwhile is not there any more.
        walk.compare();
        List<Entry> kept = entries.stream()
                .sorted(java.util.Comparator.comparingLong(Entry::position))
                .toList();
        List<Entry> since =
                kept.subList(Math.max(0, kept.size() - 1 - walk.random().nextInt(FAR)), kept.size());
        List<Entry> again = since.stream()
                .filter(e -> {
                    Copy copy = to.copies.get(e.id());
                    return copy == null || copy.is(State.GONE);
                })
                .toList();
        long count = walk.admin.number(
                "select pgqueue.rewind(?, null, ?)", to.id, since.get(0).position());
        long last = walk.admin.number("select coalesce(pg_sequence_last_value('pgqueue.position'), 0)");
        walk.note("rewind " + to.name + " by " + since.size() + " -> " + count);
        require(count == again.size(), "what is not there comes again: " + again.size() + ", not " + count, to.name);
        for (int i = 0; i < again.size(); i++) {
            Sent before = again.get(i).sent();
            Sent now = new Sent(before.priority(), before.group(), before.color(), false, before.mortal());
            walk.model.published(List.of(to), again.get(i).id(), now, last - again.size() + 1 + i);
        }
    }
}
