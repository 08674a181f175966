// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.HorizonHolder;
import io.pgqueue.spring.OldRowsEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When somebody has held old rows for long. What began long ago need not hold anything: a standby, or a transaction of short
 * statements, moves on, and is another holder each time. Not for several threads.
 */
final class OldRowsPeriods {

    private final long heldFor;
    private @Nullable HorizonHolder watched;
    private long watchedSince;
    private boolean told;

    OldRowsPeriods(Duration heldFor) {
        this.heldFor = heldFor.toNanos();
    }

    /**
     * @param holders the oldest first
     * @param now nanoseconds of any clock that only goes forward
     */
    List<OldRowsEvent> look(List<HorizonHolder> holders, long now) {
        List<OldRowsEvent> events = new ArrayList<>();
        HorizonHolder before = watched;
        // Also if an older one has come before it: it is the one that was told of.
        Optional<HorizonHolder> still = before == null
                ? Optional.empty()
                : holders.stream().filter(holder -> same(holder, before)).findFirst();
        if (before != null && still.isEmpty() && told) {
            events.add(new OldRowsEvent.Released(before));
        }
        if (still.isEmpty()) {
            told = false;
            watchedSince = now;
        }
        // Without a transaction since, it holds nothing: a standby of an idle server.
        watched = still.or(() -> holders.stream().findFirst().filter(holder -> holder.age() > 0))
                .orElse(null);
        if (watched != null && !told && now - watchedSince >= heldFor) {
            told = true;
            events.add(new OldRowsEvent.Held(watched));
        }
        return events;
    }

    private static boolean same(HorizonHolder one, HorizonHolder other) {
        return one.heldFrom() == other.heldFrom()
                && one.kind().equals(other.kind())
                && one.name().equals(other.name());
    }
}
