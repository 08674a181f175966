// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Duration;

/**
 * A queue: a destination with exactly one subscription, which takes every message.
 *
 * @param name {@code [A-Za-z0-9._-]{1,128}}
 * @param settings how its deliveries are treated
 * @param maxBodyBytes largest body, 1 KiB to 64 MiB
 * @param dedupWindow how long a deduplication key is remembered, 1 second to 7 days
 * @param retain how long what was published can be read and replayed, up to 366 days; zero: no history is kept
 */
public record QueueSpec(
        String name, SubscriptionSettings settings, int maxBodyBytes, Duration dedupWindow, Duration retain) {

    /** Largest body of a destination that does not say otherwise: 4 MiB. */
    public static final int DEFAULT_MAX_BODY_BYTES = 4 * 1024 * 1024;

    /** How long a destination that does not say otherwise remembers deduplication keys: 5 minutes. */
    public static final Duration DEFAULT_DEDUP_WINDOW = Duration.ofMinutes(5);

    public QueueSpec {
        Limits.name("queue", name);
        if (settings.expireAfterIdle() != null) {
            throw Limits.invalid(
                    "expireAfterIdle",
                    settings.expireAfterIdle().toString(),
                    "null for a queue, which stays until it is dropped; give it to a subscription of a topic");
        }
        Limits.between("maxBodyBytes", maxBodyBytes, 1024, Limits.HARD_BODY_BYTES);
        Limits.between("dedupWindow", dedupWindow, Duration.ofSeconds(1), Duration.ofDays(7));
        Limits.between("retain", retain, Duration.ZERO, Duration.ofDays(366));
    }

    public static QueueSpec of(String name) {
        return new QueueSpec(
                name, SubscriptionSettings.DEFAULT, DEFAULT_MAX_BODY_BYTES, DEFAULT_DEDUP_WINDOW, Duration.ZERO);
    }

    public QueueSpec withSettings(SubscriptionSettings settings) {
        return new QueueSpec(name, settings, maxBodyBytes, dedupWindow, retain);
    }

    public QueueSpec withMaxBodyBytes(int bytes) {
        return new QueueSpec(name, settings, bytes, dedupWindow, retain);
    }

    public QueueSpec withDedupWindow(Duration window) {
        return new QueueSpec(name, settings, maxBodyBytes, window, retain);
    }

    /** Keeps a history; every message is stored once more. */
    public QueueSpec withRetain(Duration retain) {
        return new QueueSpec(name, settings, maxBodyBytes, dedupWindow, retain);
    }
}
