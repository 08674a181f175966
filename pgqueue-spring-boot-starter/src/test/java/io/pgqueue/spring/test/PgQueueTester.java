// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.test;

import io.pgqueue.BrowsePage;
import io.pgqueue.BrowsedMessage;
import io.pgqueue.Delivery;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.client.BrowseOptions;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Waits for messages of a test and looks at them. Names are those of queues, or with a topic before them of subscriptions.
 * What is not as expected within the time throws an AssertionError that says what there is. Safe for use by several
 * threads.
 */
public final class PgQueueTester {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);
    private static final int PAGE = 1000;

    private final PgQueue queue;
    private final Duration timeout;

    /** One that waits up to 10 s. */
    public PgQueueTester(PgQueue queue) {
        this(queue, Duration.ofSeconds(10));
    }

    /** @param timeout longest wait of each call */
    public PgQueueTester(PgQueue queue, Duration timeout) {
        this.queue = queue;
        this.timeout = timeout;
    }

    /** Waits until everything sent to the queue is handled; dead letters count as handled. */
    public void awaitIdle(String name) throws InterruptedException {
        awaitIdle(null, name);
    }

    /** As {@link #awaitIdle(String)}, for a subscription. */
    public void awaitIdle(@Nullable String topic, String name) throws InterruptedException {
        await(topic, name, stats -> stats.unfinished() == 0, "nothing to be left");
    }

    /** Waits until the counts of a queue (topic null) or subscription are as they should be. */
    public void await(@Nullable String topic, String name, Predicate<SubscriptionStats> condition, String description)
            throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        SubscriptionStats stats = queue.admin().stats(topic, name);
        while (!condition.test(stats)) {
            if (System.nanoTime() - end >= 0) {
                throw new AssertionError(
                        "Expected " + description + " in '" + name + "' within " + timeout + ", but there is " + stats);
            }
            Thread.sleep(BETWEEN_LOOKS.toMillis());
            stats = queue.admin().stats(topic, name);
        }
    }

    /** Receives and acknowledges what is ready now. */
    public List<Delivery> drain(String name) {
        return drain(null, name);
    }

    /** As {@link #drain(String)}, for a subscription. */
    public List<Delivery> drain(@Nullable String topic, String name) {
        List<Delivery> drained = new ArrayList<>();
        try (Receiver receiver = topic == null ? queue.receiver(name) : queue.receiver(topic, name)) {
            for (List<Delivery> page = receiver.receive(PAGE); !page.isEmpty(); page = receiver.receive(PAGE)) {
                queue.ack(page);
                drained.addAll(page);
            }
        }
        return drained;
    }

    /** The one message that the queue holds, in any state, with its body; it stays there. */
    public BrowsedMessage assertSent(String name) {
        return assertSent(null, name);
    }

    /** As {@link #assertSent(String)}, for a subscription. */
    public BrowsedMessage assertSent(@Nullable String topic, String name) {
        List<BrowsedMessage> held = held(topic, name);
        if (held.size() != 1) {
            throw new AssertionError(
                    "Expected one message in '" + name + "', but there are " + held.size() + ": " + held);
        }
        return held.get(0);
    }

    /** Nothing is in the queue, dead letters aside. */
    public void assertNothingSent(String name) {
        List<BrowsedMessage> held = held(null, name);
        if (!held.isEmpty()) {
            throw new AssertionError(
                    "Expected no message in '" + name + "', but there are " + held.size() + ": " + held);
        }
    }

    private List<BrowsedMessage> held(@Nullable String topic, String name) {
        BrowsePage page = queue.browse(topic, name, BrowseOptions.DEFAULT.withBodies(), null);
        return page.messages();
    }
}
