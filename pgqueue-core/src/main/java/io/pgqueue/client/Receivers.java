// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.NotFoundException;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.AdminFunctions.FoundSubscription;
import io.pgqueue.store.ClientFunctions.Opened;
import io.pgqueue.store.ReceiveFunctions;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes receivers: of a queue or subscription by name, and of those that a {@link Client} has opened. */
final class Receivers {

    private final Transactions transactions;
    private final ReceiveFunctions functions;
    private final Settlement settlement;
    private final Directory directory;
    private final SubscriptionStates subscriptions;
    private final Holders holders;
    private final Arrivals received;
    private final Arrivals popped;

    /**
     * @param received told of what was leased
     * @param popped told of what was received and acked at once
     */
    Receivers(
            Transactions transactions,
            ReceiveFunctions functions,
            Settlement settlement,
            Directory directory,
            SubscriptionStates subscriptions,
            Holders holders,
            Arrivals received,
            Arrivals popped) {
        this.transactions = transactions;
        this.functions = functions;
        this.settlement = settlement;
        this.directory = directory;
        this.subscriptions = subscriptions;
        this.holders = holders;
        this.received = received;
        this.popped = popped;
    }

    /** @throws NotFoundException if there is no such queue or subscription, or it is temporary */
    Receiver receiver(@Nullable String topic, String name, ReceiverOptions options) {
        Duration lease = options.lease();
        Duration leaseTime =
                lease == null ? directory.subscription(topic, name).settings().lease() : lease;
        return receiver(() -> state(topic, name, options), subscriptions::release, options, leaseTime);
    }

    /** @param stays whether the subscription outlives its consumer, so that what is known about it is worth keeping */
    Receiver opened(Opened opened, String name, String destination, ReceiverOptions options, boolean stays) {
        Duration lease = options.lease();
        return receiver(
                () -> subscriptions.acquire(opened.subscription(), name, destination, options.filter()),
                stays ? subscriptions::release : subscriptions::forget,
                options,
                lease == null ? opened.lease() : lease);
    }

    /** Whether a queue is one that only the client that made it may consume from. */
    boolean isTemporary(String queue) {
        return directory.subscription(null, queue).owner() != null;
    }

    private Receiver receiver(
            Supplier<SubscriptionState> lookup,
            Consumer<SubscriptionState> release,
            ReceiverOptions options,
            Duration leaseTime) {
        return new Receiver(
                transactions,
                functions,
                settlement,
                lookup,
                release,
                holders.holder(options.consumer()),
                options,
                leaseTime,
                options.atMostOnce() ? popped : received);
    }

    private SubscriptionState state(@Nullable String topic, String name, ReceiverOptions options) {
        FoundSubscription found = directory.subscription(topic, name);
        if (found.owner() != null) {
            throw new NotFoundException("Queue '" + name
                    + "' is temporary: only the client that created it may consume from it, by Client.consume");
        }
        return subscriptions.acquire(found.id(), name, topic == null ? name : topic, options.filter());
    }
}
