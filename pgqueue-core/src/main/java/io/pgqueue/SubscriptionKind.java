// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/** The four kinds of subscriptions of Jakarta Messaging 3.1, section 4.2. Those declared without a client are
 * {@link #SHARED_DURABLE}. */
public enum SubscriptionKind {
    /** One consumer, no name; ends with it. */
    UNSHARED(false, false),
    /** Any number of consumers; ends with the last one. */
    SHARED(false, true),
    /** One consumer at a time, belongs to a client id; stays until it is unsubscribed. */
    DURABLE(true, false),
    /** Any number of consumers; stays until it is unsubscribed. */
    SHARED_DURABLE(true, true);

    private final boolean durable;
    private final boolean shared;

    SubscriptionKind(boolean durable, boolean shared) {
        this.durable = durable;
        this.shared = shared;
    }

    public boolean durable() {
        return durable;
    }

    public boolean shared() {
        return shared;
    }
}
