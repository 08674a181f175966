// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that keeps deleted rows from being removed.
 *
 * @param kind {@code transaction}, {@code prepared transaction}, {@code replication slot} or {@code standby}
 * @param name process id, global id of the prepared transaction, or name of the slot
 * @param application name of the application; of a slot the plugin
 * @param databaseUser who runs it
 * @param since when it began, null when the database user may not see that or it is not known
 * @param age transactions that have begun since
 * @param deadRows dead rows of our tables, counted for the oldest holder only
 * @param heldFrom id of the first transaction whose deleted rows are kept; as long as it stays the same for this holder,
 *     nothing is removed, and where it moves on the holder is only busy
 */
public record HorizonHolder(
        String kind,
        String name,
        @Nullable String application,
        @Nullable String databaseUser,
        @Nullable Instant since,
        long age,
        long deadRows,
        long heldFrom) {}
