// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import io.pgqueue.sql.Sql.Held;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the model knows of one subscription's copy of a message. Only what is committed. */
final class Copy {

    enum State {
        /** May be received now. */
        READY,
        LEASED,
        /** Not due. */
        SCHEDULED,
        /** Due, and moved into the ring by some receive from now on. */
        DUE,
        DEAD,
        /** Acknowledged, cancelled, purged, discarded or expired. */
        GONE
    }

    final Subscriber subscriber;
    final UUID id;
    final int priority;
    final @Nullable String group;
    final @Nullable String color;
    final boolean mortal;

    State state;
    long position;
    int attempts;
    int replays;
    /** The highest that was ever seen: the next one is higher. */
    int epoch;
    /** The lease taken last. It settles until it is fenced, also after its end. */
    @Nullable
    Held held;

    @Nullable
    Client holder;

    boolean fenced = true;
    boolean expired;
    /** Expired by the retention of its subscription only, which counts anew when it is put off. */
    boolean aged;
    /** The head of its group, from its first delivery until it is final. */
    boolean turn;
    /** The step in which it could join its group at the earliest. */
    int joined;
    /** Its sender delayed it, so it may have joined its group later than that. */
    boolean delayed;
    /** Another message with it takes the place of this one while that waits. */
    @Nullable
    String replaceKey;
    /** A transaction that has not ended is changing it. */
    @Nullable
    Client lockedBy;

    Copy(Subscriber subscriber, UUID id, Sent sent, long position, int step) {
        this.subscriber = subscriber;
        this.id = id;
        this.priority = sent.priority();
        this.group = sent.group();
        this.color = sent.color();
        this.mortal = sent.mortal();
        this.position = position;
        this.delayed = sent.delayed();
        this.joined = step;
        this.state = sent.delayed() ? State.SCHEDULED : State.READY;
    }

    boolean is(State one) {
        return state == one;
    }

    boolean free() {
        return lockedBy == null;
    }

    /** In the ring or about to be, and in nobody's hands. */
    boolean waiting() {
        return state == State.READY || state == State.DUE;
    }

    boolean spent() {
        return subscriber.maxAttempts > 0 && attempts >= subscriber.maxAttempts;
    }

    /** Receiving or maintenance puts it away when they come across it. */
    boolean doomed() {
        return waiting() && (expired || spent());
    }

    boolean leasedBy(Client client) {
        return state == State.LEASED && holder == client && free();
    }

    boolean comesBefore(Copy other) {
        return priority > other.priority || priority == other.priority && position < other.position;
    }

    void become(State next) {
        state = next;
        fenced = true;
        if (next == State.DEAD || next == State.GONE) {
            turn = false;
        }
    }

    /** What a message was sent with. */
    record Sent(
            int priority, @Nullable String group, @Nullable String color, boolean delayed, boolean mortal) {}

    @Override
    public String toString() {
        return state + " copy of " + id + " in " + subscriber.name + " (position " + position + ", priority " + priority
                + (group == null ? "" : ", group " + group) + ", attempts " + attempts + ", replays " + replays
                + ", epoch " + epoch + (expired ? ", expired" : "") + (turn ? ", has turn" : "")
                + (free() ? "" : ", locked") + ")";
    }
}
