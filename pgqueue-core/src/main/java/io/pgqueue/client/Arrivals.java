// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import java.util.function.ObjIntConsumer;

/**
 * Who is told of what a fetch brought.
 *
 * @param counter of how many deliveries
 * @param putAway that it put away what had expired or used up its attempts, for whose outcome somebody may wait
 * @param held of what is held now
 */
record Arrivals(ObjIntConsumer<SubscriptionState> counter, Runnable putAway, HeldLeases held) {}
