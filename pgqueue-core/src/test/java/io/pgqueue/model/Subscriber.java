// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/** A subscription: its rules and every copy it ever got. */
final class Subscriber {

    final int id;
    final String name;
    final String destination;
    final int maxAttempts;
    final boolean skipsGroups;
    final boolean buriesExpired;
    final Map<UUID, Copy> copies = new LinkedHashMap<>();

    Filter filter = Filter.ALL;
    boolean paused;

    Subscriber(int id, String name, String destination, int maxAttempts, boolean skipsGroups, boolean buriesExpired) {
        this.id = id;
        this.name = name;
        this.destination = destination;
        this.maxAttempts = maxAttempts;
        this.skipsGroups = skipsGroups;
        this.buriesExpired = buriesExpired;
    }

    List<Copy> those(Predicate<Copy> which) {
        return copies.values().stream().filter(which).toList();
    }

    boolean anyLocked() {
        return copies.values().stream().anyMatch(c -> !c.free());
    }
}
