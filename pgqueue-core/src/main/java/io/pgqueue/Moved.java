// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/**
 * What a move of a backlog did.
 *
 * @param moved deliveries that are in the other queue now
 * @param notReady deliveries that stayed, because they were leased or not due
 */
public record Moved(long moved, long notReady) {}
