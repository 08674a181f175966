// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static io.pgqueue.client.Given.all;
import static io.pgqueue.client.Given.given;

import io.pgqueue.DeadLetter;
import io.pgqueue.DeadLetterFilter;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.MessageChange;
import io.pgqueue.Redrive;
import io.pgqueue.Repair;
import io.pgqueue.selector.Selector;
import io.pgqueue.store.DeadLetterFunctions;
import io.pgqueue.store.DeadLetterFunctions.Redriven;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters of one subscription. Every call is part of the caller's transaction when there is one; else those for
 * many commit 1000 at a time. Safe for use by several threads.
 *
 * <p>Every call throws {@link io.pgqueue.NotFoundException} when there is no such subscription.
 */
public final class DeadLetters {

    private static final int PAGE = 1000;

    private final AdminCalls calls;
    private final DeadLetterFunctions functions;
    private final @Nullable String topic;
    private final String name;

    DeadLetters(AdminCalls calls, DeadLetterFunctions functions, @Nullable String topic, String name) {
        this.calls = calls;
        this.functions = functions;
        this.topic = topic;
        this.name = name;
    }

    /** The oldest, without bodies. */
    public List<DeadLetter> list(int limit) {
        return list(DeadLetterFilter.ALL, limit, null);
    }

    /**
     * A page without bodies, oldest death first.
     *
     * @param limit 1 to 1000
     * @param after last one of the page before, null for the first page
     * @throws io.pgqueue.InvalidFilterException if the selector cannot be understood
     */
    public List<DeadLetter> list(DeadLetterFilter filter, int limit, @Nullable DeadLetter after) {
        given("filter", filter);
        String jsonpath = jsonpath(filter);
        return calls.run(c -> functions.list(c, topic, name, filter, jsonpath, limit, after));
    }

    /**
     * One with its body; the oldest, when the same message died here several times, as it may in a queue for the dead letters of
     * several subscriptions.
     */
    public Optional<DeadLetter> get(UUID messageId) {
        given("messageId", messageId);
        return calls.run(c -> functions.get(c, topic, name, messageId));
    }

    /** The one that was listed, with its body; empty when it is gone. */
    public Optional<DeadLetter> get(DeadLetter listed) {
        given("listed", listed);
        return calls.run(c -> functions.get(c, topic, name, listed));
    }

    /**
     * Back to the end of the queue, with no attempts used and the same message id; also those that are parked. Returns
     * those that were there.
     *
     * @param messageIds at most 1000
     */
    public List<UUID> redrive(Collection<UUID> messageIds) {
        all("messageIds", messageIds);
        checkIds(messageIds);
        return calls.runAndWake(c -> functions.redrive(c, topic, name, messageIds), Redriven::ready)
                .messageIds();
    }

    /** Back to the end of the queue, oldest death first; what dies again meanwhile stays. Returns how many. */
    public long redrive(Redrive redrive) {
        given("redrive", redrive);
        String jsonpath = jsonpath(redrive.filter());
        long count = 0;
        Instant began = null;
        while (count < redrive.first()) {
            int limit = (int) Math.min(PAGE, redrive.first() - count);
            Instant diedBefore = began;
            Duration startAfter = redrive.perSecond() == null
                    ? Duration.ZERO
                    : Duration.ofMillis((long) (count * 1000 / redrive.perSecond()));
            Redriven page = calls.runAndWake(
                    c -> functions.redrive(c, topic, name, redrive, jsonpath, limit, diedBefore, startAfter),
                    Redriven::ready);
            count += page.messageIds().size();
            if (page.messageIds().size() < limit) {
                break;
            }
            began = began == null ? page.calledAt() : began;
        }
        return count;
    }

    /**
     * Deletes dead letters; returns how many were there.
     *
     * @param messageIds at most 1000
     */
    public int discard(Collection<UUID> messageIds) {
        all("messageIds", messageIds);
        checkIds(messageIds);
        return calls.run(c -> functions.discard(c, topic, name, messageIds, DeadLetterFilter.ALL, null, PAGE));
    }

    /** Deletes dead letters that fit, {@link DeadLetterFilter#ALL} for all; returns how many. */
    public long discard(DeadLetterFilter filter) {
        given("filter", filter);
        String jsonpath = jsonpath(filter);
        long count = 0;
        int page;
        do {
            page = calls.run(c -> functions.discard(c, topic, name, null, filter, jsonpath, PAGE));
            count += page;
        } while (page == PAGE);
        return count;
    }

    /**
     * Changes a dead letter and brings it back. The original is kept, with the time and who did it, for 400 days; in the
     * caller's transaction all of it happens together with the caller's own changes, or not at all.
     *
     * @throws io.pgqueue.NotFoundException if there is no dead letter of this id
     * @throws io.pgqueue.MessageTooLargeException if the body is above the destination's limit
     */
    public void repair(UUID messageId, Repair repair) {
        given("messageId", messageId);
        given("repair", repair);
        calls.runAndWake(c -> functions.repair(c, topic, name, messageId, repair), Function.identity());
    }

    /** How the message was before it was repaired, the oldest change first. */
    public List<MessageChange> changes(UUID messageId) {
        given("messageId", messageId);
        return calls.run(c -> functions.changes(c, messageId));
    }

    private @Nullable String jsonpath(DeadLetterFilter filter) {
        Selector selector = Filters.selector("the dead letters of '" + name + "'", filter.selector());
        return selector == null ? null : selector.jsonPath();
    }

    private static void checkIds(Collection<UUID> messageIds) {
        if (messageIds.size() > PAGE) {
            throw new InvalidArgumentException("messageIds has " + messageIds.size() + " entries, must be at most "
                    + PAGE + "; call once for each " + PAGE);
        }
    }
}
