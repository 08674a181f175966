// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Backlog;
import io.pgqueue.Dropped;
import io.pgqueue.FilterChange;
import io.pgqueue.QueueSpec;
import io.pgqueue.ReplayFrom;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.store.AdminFunctions;
import io.pgqueue.store.AdminFunctions.FoundDestination;
import io.pgqueue.store.FilterPaths;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which destinations and subscriptions there are: makes, declares, alters, shows and drops them for {@link PgQueueAdmin}. */
final class Definitions {

    private static final int PAGE = 1000;

    private final AdminCalls calls;
    private final AdminFunctions functions;
    private final Declarations declarations;
    private final Directory directory;

    Definitions(AdminCalls calls, AdminFunctions functions, Directory directory) {
        this.calls = calls;
        this.functions = functions;
        this.declarations = new Declarations(functions);
        this.directory = directory;
    }

    void create(QueueSpec spec) {
        calls.run(connection -> functions.createQueue(connection, spec, false));
    }

    void create(TopicSpec spec) {
        calls.run(connection -> functions.createTopic(connection, spec, false));
    }

    void create(SubscriptionSpec spec) {
        Declarations.requireDeclarable(spec);
        FilterPaths paths = Filters.compile(spec);
        calls.run(connection -> functions.createSubscription(connection, spec, paths, null, false));
    }

    void declare(QueueSpec spec) {
        calls.run(connection -> functions.createQueue(connection, spec, true) || declarations.agree(connection, spec));
    }

    void declare(TopicSpec spec) {
        calls.run(connection -> functions.createTopic(connection, spec, true) || declarations.agree(connection, spec));
    }

    void declare(SubscriptionSpec spec, @Nullable ReplayFrom from) {
        Declarations.requireDeclarable(spec);
        FilterPaths paths = Filters.compile(spec);
        calls.run(connection -> functions.createSubscription(connection, spec, paths, from, true)
                || declarations.agree(connection, spec, paths));
    }

    void alter(TopicSpec spec) {
        calls.run(connection -> {
            functions
                    .findDestination(connection, spec.name())
                    .filter(found -> !found.queue())
                    .orElseThrow(() -> Directory.noTopic(spec.name()));
            functions.alterDestination(connection, spec.name(), spec.maxBodyBytes(), spec.dedupWindow(), spec.retain());
            return true;
        });
    }

    void alter(QueueSpec spec) {
        calls.together(connection -> {
            functions.alterDestination(connection, spec.name(), spec.maxBodyBytes(), spec.dedupWindow(), spec.retain());
            functions.alterQueue(connection, spec.name(), spec.settings());
            return true;
        });
    }

    void alterQueue(String name, SubscriptionSettings settings) {
        calls.run(connection -> {
            functions.alterQueue(connection, name, settings);
            return true;
        });
    }

    void alterSubscription(String topic, String name, SubscriptionSettings settings) {
        calls.run(connection -> {
            functions.alterSubscription(connection, topic, name, settings);
            return true;
        });
    }

    void alter(SubscriptionSpec spec) {
        FilterPaths paths = Filters.compile(spec);
        calls.run(connection -> {
            functions.alterSubscription(connection, spec, paths);
            return true;
        });
    }

    FilterChange changeFilter(SubscriptionSpec spec, Backlog backlog, boolean preview) {
        FilterPaths paths = Filters.compile(spec);
        return calls.runAndEnd(connection -> functions.changeFilter(connection, spec, paths, backlog, preview));
    }

    SubscriptionSpec subscription(String topic, String name) {
        return calls.run(connection -> functions.subscription(connection, topic, name));
    }

    QueueSpec queue(String name) {
        return calls.run(connection -> {
            SubscriptionSettings settings = functions
                    .findSubscription(connection, null, name)
                    .orElseThrow(() -> Directory.noSubscription(null, name))
                    .settings();
            FoundDestination found =
                    functions.findDestination(connection, name).orElseThrow(() -> Directory.noSubscription(null, name));
            return new QueueSpec(name, settings, found.maxBodyBytes(), found.dedupWindow(), found.retain());
        });
    }

    List<SubscriptionSpec> subscriptions(String topic, String after) {
        return calls.run(connection -> functions.subscriptions(connection, topic, after, PAGE));
    }

    List<String> destinations(String after) {
        return calls.run(connection -> functions.destinations(connection, after, PAGE));
    }

    Optional<Boolean> isQueue(String name) {
        return calls.run(connection -> functions.findDestination(connection, name))
                .map(FoundDestination::queue);
    }

    int activeConsumers(String topic, String name) {
        return calls.run(connection -> functions.activeConsumers(connection, topic, name));
    }

    Dropped dropDestination(String name, boolean cascade) {
        directory.forget(name);
        return calls.runAndTake(connection -> functions.dropDestination(connection, name, cascade));
    }

    Dropped dropSubscription(String topic, String name, boolean cascade) {
        return calls.runAndTake(connection -> functions.dropSubscription(connection, topic, name, cascade));
    }
}
