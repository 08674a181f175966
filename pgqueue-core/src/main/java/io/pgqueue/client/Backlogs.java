// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.BlockedGroup;
import io.pgqueue.FoundMessage;
import io.pgqueue.Moved;
import io.pgqueue.Purge;
import io.pgqueue.Repair;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.selector.Selector;
import io.pgqueue.store.AdminFunctions;
import io.pgqueue.store.BacklogFunctions;
import io.pgqueue.store.BacklogFunctions.MovedPart;
import io.pgqueue.store.StatsFunctions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What waits or is being handled: purges, moves, finds, edits, holds and gives it back for {@link PgQueueAdmin}. */
final class Backlogs {

    private static final int MOVED_AT_ONCE = 1000;

    private final AdminCalls calls;
    private final BacklogFunctions backlog;
    private final AdminFunctions admin;
    private final StatsFunctions stats;

    Backlogs(AdminCalls calls, BacklogFunctions backlog, AdminFunctions admin, StatsFunctions stats) {
        this.calls = calls;
        this.backlog = backlog;
        this.admin = admin;
        this.stats = stats;
    }

    long purge(@Nullable String topic, String name, Purge purge) {
        Selector selector = Filters.selector("the purge of '" + name + "'", purge.selector());
        String jsonpath = selector == null ? null : selector.jsonPath();
        return purge.leased()
                ? calls.runAndTake(connection -> backlog.purge(connection, topic, name, purge, jsonpath))
                : calls.runAndEnd(connection -> backlog.purge(connection, topic, name, purge, jsonpath));
    }

    Moved move(@Nullable String topic, String name, String toQueue, long limit) {
        long moved = 0;
        Long upTo = null;
        while (true) {
            int most = (int) Math.max(1, Math.min(MOVED_AT_ONCE, limit - moved));
            Long last = upTo;
            MovedPart part = calls.runAndWake(
                    connection -> backlog.move(connection, topic, name, toQueue, most, last), MovedPart::ready);
            moved += part.moved();
            if (part.moved() < most || moved >= limit) {
                SubscriptionStats left = calls.run(connection -> stats.stats(connection, topic, name));
                return new Moved(moved, left.leased() + left.delayed() + left.retrying());
            }
            upTo = part.upTo();
        }
    }

    List<FoundMessage> find(UUID messageId, boolean withBody) {
        return calls.run(connection -> backlog.find(connection, messageId, withBody));
    }

    int editProperties(UUID messageId, Map<String, Object> properties, @Nullable String by) {
        Map<String, Object> checked = Objects.requireNonNull(new Repair(null, properties, by).properties());
        return calls.run(connection -> backlog.editProperties(connection, messageId, checked, by));
    }

    void pause(@Nullable String topic, String name) {
        calls.run(connection -> backlog.setPaused(connection, topic, name, true));
    }

    void resume(@Nullable String topic, String name) {
        calls.runAndWake(connection -> backlog.setPaused(connection, topic, name, false), Function.identity());
    }

    void pauseTopic(String topic) {
        calls.run(connection -> backlog.setTopicPaused(connection, topic, true));
    }

    void resumeTopic(String topic) {
        calls.runAndWake(connection -> backlog.setTopicPaused(connection, topic, false), Function.identity());
    }

    long release(String consumer) {
        return calls.runAndTake(connection -> admin.releaseConsumer(connection, consumer));
    }

    long release(@Nullable String topic, String name) {
        return calls.runAndTake(connection -> admin.releaseSubscription(connection, topic, name));
    }

    List<BlockedGroup> blockedGroups(@Nullable String topic, String name, int limit, String after) {
        return calls.run(connection -> admin.blockedGroups(connection, topic, name, limit, after));
    }
}
