// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.wakeup.Hint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Hints of what was published on given connections, until somebody says that it is committed; those of a rolled-back
 * transaction do no harm. Safe for use by several threads.
 */
final class UnsentHints {

    private final Consumer<Hint> wakeups;
    private final Map<String, Map<Integer, Hint>> unsent = new ConcurrentHashMap<>();

    UnsentHints(Consumer<Hint> wakeups) {
        this.wakeups = wakeups;
    }

    void remember(String destination, List<Hint> hints) {
        unsent.compute(destination, (name, known) -> {
            Map<Integer, Hint> merged = known == null ? new HashMap<>() : known;
            hints.forEach(hint -> merged.merge(hint.subscription(), hint, Hint::merge));
            return merged;
        });
    }

    void send(String destination) {
        Map<Integer, Hint> hints = unsent.remove(destination);
        if (hints != null) {
            hints.values().forEach(wakeups);
        }
    }
}
