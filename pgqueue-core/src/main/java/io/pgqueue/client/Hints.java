// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.jdbc.CallListeners;
import io.pgqueue.wakeup.Hint;
import io.pgqueue.wakeup.Wakeups;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings hints to those who wait: in this JVM directly, in others by {@link Wakeups} when they are wanted. Safe for use by
 * several threads.
 */
final class Hints {

    private final SubscriptionStates subscriptions;
    private final Tracking tracking;
    private final HeldLeases held;
    private final @Nullable Wakeups wakeups;

    Hints(
            PgQueueBuilder settings,
            CallListeners listeners,
            SubscriptionStates subscriptions,
            Tracking tracking,
            HeldLeases held) {
        this.subscriptions = subscriptions;
        this.tracking = tracking;
        this.held = held;
        Wakeups.ListenConnection listen = settings.listenConnection;
        this.wakeups = listen == null
                ? null
                : new Wakeups(
                        settings.source,
                        listeners,
                        listen,
                        settings.schema.value(),
                        settings.wakeupMerge,
                        this::arrived,
                        this::lookEverywhere);
    }

    void start() {
        if (wakeups != null) {
            wakeups.start();
        }
    }

    /** Everybody, after the commit of what the hint is about. */
    void tell(Hint hint) {
        arrived(hint);
        tellOthers(hint);
    }

    /**
     * Whoever receives from this queue or topic looks everywhere, in other JVMs those whose subscriptions are known here; and
     * whoever waits for an outcome.
     */
    void lookAt(String destination) {
        tell(Hint.ENDED);
        Set<Integer> told = new HashSet<>();
        subscriptions.all().filter(s -> s.destination.equals(destination)).forEach(s -> {
            s.lookEverywhere();
            if (told.add(s.id)) {
                tellOthers(Hint.anywhereIn(s.id));
            }
        });
    }

    /** Whether hints of other JVMs arrive. */
    boolean listening() {
        return wakeups != null && wakeups.listening();
    }

    void close() {
        if (wakeups != null) {
            wakeups.close();
        }
    }

    private void tellOthers(Hint hint) {
        if (wakeups != null) {
            wakeups.send(hint);
        }
    }

    private void arrived(Hint hint) {
        if (hint.subscription() == Hint.ENDED.subscription()) {
            tracking.deliveriesEnded();
        }
        if ((hint.priorities() & Hint.TAKEN) != 0) {
            held.mayBeLost(hint.subscription());
            if (hint.subscription() == Hint.ALL_TAKEN.subscription()) {
                subscriptions.all().forEach(SubscriptionState::lookEverywhere);
            }
        }
        for (SubscriptionState local : subscriptions.of(hint.subscription())) {
            local.hint(hint);
        }
    }

    /** Whatever was told while nobody listened. */
    private void lookEverywhere() {
        subscriptions.all().forEach(SubscriptionState::lookEverywhere);
        tracking.deliveriesEnded();
        held.mayBeLost(Hint.ALL_TAKEN.subscription());
    }
}
