// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of what a subscription holds, in delivery order. May be empty although there is a next page: what was looked at
 * was not asked for.
 *
 * @param next where the next page begins, null at the end
 */
public record BrowsePage(
        List<BrowsedMessage> messages, @Nullable Cursor next) {

    /**
     * A place between two pages.
     *
     * @param priority of the delivery before it
     * @param position of the delivery before it
     * @param dueAt when that one becomes ready, null if it does not wait
     */
    public record Cursor(
            int priority, long position, @Nullable Instant dueAt) {}
}
