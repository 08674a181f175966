// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.DeadLetter;
import io.pgqueue.DeadLetterFilter;
import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import io.pgqueue.client.DeadLetters;
import jakarta.jms.JMSException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One walk through the dead letters of a subscription, oldest death first. Bodies are read one by one, since a page of
 * large ones would not fit into memory; what was brought back meanwhile is left out, what dies meanwhile is at the end.
 */
final class PgJmsDeadLetterBrowsing implements Enumeration<PgJmsMessage> {

    private static final int PAGE = 100;

    private final PgJmsConnection connection;
    private final PgJmsDestination queue;
    private final PgJmsDeadLetterQueue dead;
    private final DeadLetterFilter filter;
    private final BooleanSupplier closed;
    private final Deque<DeadLetter> page = new ArrayDeque<>();
    private @Nullable DeadLetter last;
    private @Nullable PgJmsMessage next;

    PgJmsDeadLetterBrowsing(
            PgJmsConnection connection,
            PgJmsDestination queue,
            PgJmsDeadLetterQueue dead,
            DeadLetterFilter filter,
            BooleanSupplier closed) {
        this.connection = connection;
        this.queue = queue;
        this.dead = dead;
        this.filter = filter;
        this.closed = closed;
    }

    /** @throws jakarta.jms.JMSRuntimeException if the database does not answer */
    @Override
    public boolean hasMoreElements() {
        if (closed.getAsBoolean()) {
            return false;
        }
        if (next == null) {
            next = PgJmsUnchecked.find(this::read);
        }
        return next != null;
    }

    @Override
    public PgJmsMessage nextElement() {
        PgJmsMessage found = hasMoreElements() ? next : null;
        if (found == null) {
            throw new NoSuchElementException("The last dead letter was reached, or the browser is closed");
        }
        next = null;
        return found;
    }

    private @Nullable PgJmsMessage read() throws JMSException {
        DeadLetters letters = dead.in(connection.engine().independentQueue().admin());
        while (true) {
            if (page.isEmpty()) {
                DeadLetter after = last;
                page.addAll(connection.link().call(() -> letters.list(filter, PAGE, after)));
            }
            DeadLetter listed = page.poll();
            if (listed == null) {
                return null;
            }
            last = listed;
            // Not by its id: a queue for the dead letters of several subscriptions may have the same message twice.
            DeadLetter whole = connection
                    .link()
                    .<@Nullable DeadLetter>call(() -> letters.get(listed).orElse(null));
            if (whole != null) {
                return message(whole);
            }
        }
    }

    private PgJmsMessage message(DeadLetter letter) throws JMSException {
        Lease none = new Lease(0, 0, letter.headers().priority(), letter.position(), 0, Instant.EPOCH, false);
        return connection
                .engine()
                .codec()
                .receive(
                        new Delivery(
                                letter.messageId(),
                                queue.name(),
                                queue.name(),
                                letter.body(),
                                properties(letter),
                                letter.headers(),
                                letter.attempts(),
                                letter.replays(),
                                none),
                        queue);
    }

    /** As sent, and what is known of this death instead of an earlier one in another queue. */
    private Map<String, Object> properties(DeadLetter letter) {
        Map<String, Object> properties = new LinkedHashMap<>();
        letter.properties().forEach((name, value) -> {
            if (!PgJmsHeaders.isOfDeath(name)) {
                properties.put(name, value);
            }
        });
        put(properties, "Reason", letter.reason());
        put(properties, "Destination", dead.topic() == null ? dead.name() : dead.topic());
        put(properties, "Subscription", dead.name());
        put(properties, "Attempts", letter.attempts());
        put(properties, "At", letter.deadAt().toEpochMilli());
        put(properties, "ErrorClass", letter.failure().errorClass());
        put(properties, "Error", letter.failure().message());
        put(properties, "Stack", letter.failure().stack());
        put(properties, "Consumer", letter.consumer());
        put(properties, "Replays", letter.replays());
        put(properties, "Parked", letter.parked());
        put(properties, "FirstFailedAt", millis(letter.firstFailedAt()));
        put(properties, "LastFailedAt", millis(letter.lastFailedAt()));
        return properties;
    }

    private static @Nullable Long millis(@Nullable Instant time) {
        return time == null ? null : time.toEpochMilli();
    }

    private static void put(Map<String, Object> properties, String fact, @Nullable Object value) {
        if (value != null) {
            properties.put(PgJmsHeaders.OF_DEATH + fact, value);
        }
    }
}
