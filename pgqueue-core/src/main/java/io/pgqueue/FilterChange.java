// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/**
 * What a change of a filter did to the deliveries of the subscription, or would do.
 *
 * @param kept waiting ones that stay, ready, delayed or retrying
 * @param discarded waiting ones that are gone
 * @param leased those that consumers hold, which stay
 */
public record FilterChange(long kept, long discarded, long leased) {}
