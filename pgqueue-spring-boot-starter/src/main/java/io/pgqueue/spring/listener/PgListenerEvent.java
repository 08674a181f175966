// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a container tells the application: {@code @EventListener void on(PgListenerEvent.Idle idle)}. Published in the thread
 * in which it happens, so who listens returns quickly; what it throws, an Error included, is logged.
 */
public sealed interface PgListenerEvent {

    /** Whose event it is. */
    PgListenerContainer container();

    /** It listens. */
    record Started(PgListenerContainer container) implements PgListenerEvent {}

    /** It does not listen any more, and its handlers have ended or were given up. */
    record Stopped(PgListenerContainer container) implements PgListenerEvent {}

    /** It leases nothing until it is resumed; handlers that run go on. */
    record Paused(PgListenerContainer container) implements PgListenerEvent {}

    /** It leases again. */
    record Resumed(PgListenerContainer container) implements PgListenerEvent {}

    /** Nothing has come for this long. */
    record Idle(PgListenerContainer container, Duration time) implements PgListenerEvent {}

    /** The database gives it nothing; it tries again until it can. */
    record Unavailable(PgListenerContainer container, Throwable error) implements PgListenerEvent {}

    /** The database is back. */
    record Recovered(PgListenerContainer container) implements PgListenerEvent {}

    /**
     * A delivery has become a dead letter.
     *
     * @param error what the last attempt failed with, null if the handler asked for it
     */
    record DeadLettered(
            PgListenerContainer container,
            Delivery delivery,
            @Nullable Throwable error) implements PgListenerEvent {}
}
