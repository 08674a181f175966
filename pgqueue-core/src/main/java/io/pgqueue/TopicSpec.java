// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Duration;

/**
 * A topic: a destination with any number of named subscriptions, also none.
 *
 * @param name {@code [A-Za-z0-9._-]{1,128}}; queues and topics share one set of names
 * @param maxBodyBytes largest body, 1 KiB to 64 MiB
 * @param dedupWindow how long a deduplication key is remembered, 1 second to 7 days
 * @param retain how long what was published can be read and replayed, up to 366 days; zero: no history is kept
 */
public record TopicSpec(String name, int maxBodyBytes, Duration dedupWindow, Duration retain) {

    public TopicSpec {
        Limits.name("topic", name);
        Limits.between("maxBodyBytes", maxBodyBytes, 1024, Limits.HARD_BODY_BYTES);
        Limits.between("dedupWindow", dedupWindow, Duration.ofSeconds(1), Duration.ofDays(7));
        Limits.between("retain", retain, Duration.ZERO, Duration.ofDays(366));
    }

    public static TopicSpec of(String name) {
        return new TopicSpec(name, QueueSpec.DEFAULT_MAX_BODY_BYTES, QueueSpec.DEFAULT_DEDUP_WINDOW, Duration.ZERO);
    }

    public TopicSpec withMaxBodyBytes(int bytes) {
        return new TopicSpec(name, bytes, dedupWindow, retain);
    }

    public TopicSpec withDedupWindow(Duration window) {
        return new TopicSpec(name, maxBodyBytes, window, retain);
    }

    /** Keeps a history; every message is stored once more. */
    public TopicSpec withRetain(Duration retain) {
        return new TopicSpec(name, maxBodyBytes, dedupWindow, retain);
    }
}
