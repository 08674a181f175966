// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A group whose head failed, so that the others wait for it.
 *
 * @param group the group
 * @param position the head's place in the order
 * @param messageId the head's message
 * @param attempts how often the head was handed out
 * @param since when it failed first
 * @param availableAt when it is delivered again; null when it is ready or being handled
 * @param backlog how many wait behind it
 */
public record BlockedGroup(
        String group,
        long position,
        UUID messageId,
        int attempts,
        Instant since,
        @Nullable Instant availableAt,
        long backlog) {}
