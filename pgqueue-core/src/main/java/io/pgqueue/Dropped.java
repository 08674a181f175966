// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/**
 * What was removed.
 *
 * @param subscriptions of a destination, the one of a queue included
 * @param deliveries that were not finished
 * @param deadLetters of these subscriptions
 */
public record Dropped(int subscriptions, long deliveries, long deadLetters) {}
