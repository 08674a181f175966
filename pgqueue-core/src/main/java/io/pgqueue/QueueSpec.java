// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/**
 * A queue: a destination with exactly one subscription, which takes every message.
 *
 * @param name {@code [A-Za-z0-9._-]{1,128}}
 * @param settings how its deliveries are treated
 * @param maxBodyBytes largest body, 1 KiB to 64 MiB
 */
public record QueueSpec(String name, SubscriptionSettings settings, int maxBodyBytes) {

    /** Largest body of a destination that does not say otherwise: 4 MiB. */
    public static final int DEFAULT_MAX_BODY_BYTES = 4 * 1024 * 1024;

    public QueueSpec {
        Limits.name("queue", name);
        Limits.between("maxBodyBytes", maxBodyBytes, 1024, Limits.HARD_BODY_BYTES);
    }

    public static QueueSpec of(String name) {
        return new QueueSpec(name, SubscriptionSettings.DEFAULT, DEFAULT_MAX_BODY_BYTES);
    }

    public QueueSpec withSettings(SubscriptionSettings settings) {
        return new QueueSpec(name, settings, maxBodyBytes);
    }

    public QueueSpec withMaxBodyBytes(int bytes) {
        return new QueueSpec(name, settings, bytes);
    }
}
