// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.HorizonHolder;

/**
 * Tells the application who keeps deleted rows from being removed, so that somebody can be told before tables grow:
 * {@code @EventListener void on(OldRowsEvent.Held event)}. Each JVM publishes it for itself, in a thread of its own, once
 * when it begins and once when it ends; what a listener throws is logged.
 */
public sealed interface OldRowsEvent {

    /** As it was seen last. */
    HorizonHolder holder();

    /** It has held old rows for {@code pgqueue.old-rows-held}. It is not told again before it has let go. */
    record Held(HorizonHolder holder) implements OldRowsEvent {}

    /** It, of which was told, has let go; another one may hold others. */
    record Released(HorizonHolder holder) implements OldRowsEvent {}
}
