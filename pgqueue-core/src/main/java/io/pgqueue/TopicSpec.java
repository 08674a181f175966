// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/**
 * A topic: a destination with any number of named subscriptions, also none.
 *
 * @param name {@code [A-Za-z0-9._-]{1,128}}; queues and topics share one set of names
 * @param maxBodyBytes largest body, 1 KiB to 64 MiB
 */
public record TopicSpec(String name, int maxBodyBytes) {

    public TopicSpec {
        Limits.name("topic", name);
        Limits.between("maxBodyBytes", maxBodyBytes, 1024, Limits.HARD_BODY_BYTES);
    }

    public static TopicSpec of(String name) {
        return new TopicSpec(name, QueueSpec.DEFAULT_MAX_BODY_BYTES);
    }

    public TopicSpec withMaxBodyBytes(int bytes) {
        return new TopicSpec(name, bytes);
    }
}
