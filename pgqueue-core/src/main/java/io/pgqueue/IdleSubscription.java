// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Duration;
import java.time.Instant;

/**
 * A subscription that nobody has consumed from, and that ends for that.
 *
 * @param topic its topic
 * @param name its name
 * @param expireAfterIdle how long it is kept, as it was declared
 * @param expiresAt when it ends unless somebody consumes from it, by the database's clock
 * @param dropped whether it has ended
 */
public record IdleSubscription(
        String topic, String name, Duration expireAfterIdle, Instant expiresAt, boolean dropped) {}
