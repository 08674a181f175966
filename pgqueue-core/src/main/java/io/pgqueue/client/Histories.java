// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.HistoryMessage;
import io.pgqueue.ReplayFrom;
import io.pgqueue.store.HistoryFunctions;
import io.pgqueue.store.HistoryFunctions.Rewound;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What destinations were sent: shows it, and gives it to subscriptions again, for {@link PgQueueAdmin}. */
final class Histories {

    private final AdminCalls calls;
    private final HistoryFunctions history;

    Histories(AdminCalls calls, HistoryFunctions history) {
        this.calls = calls;
        this.history = history;
    }

    long rewind(@Nullable String topic, String name, ReplayFrom from) {
        return calls.runAndWake(connection -> history.rewind(connection, topic, name, from), Rewound::ready)
                .deliveries();
    }

    List<HistoryMessage> read(String destination, int limit, long after, @Nullable Instant from) {
        return calls.run(connection -> history.read(connection, destination, limit, after, from, false));
    }

    Optional<HistoryMessage> find(String destination, long position) {
        return calls.run(connection -> history.read(connection, destination, 1, position - 1, null, true)).stream()
                .filter(message -> message.position() == position)
                .findFirst();
    }
}
