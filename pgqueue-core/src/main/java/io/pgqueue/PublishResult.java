// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.UUID;

/**
 * What became of one published message.
 *
 * @param messageId its id, the same for every subscription
 * @param matched number of subscriptions that get it; 0 means that nobody will, and that it was not stored
 */
public record PublishResult(UUID messageId, int matched) {}
