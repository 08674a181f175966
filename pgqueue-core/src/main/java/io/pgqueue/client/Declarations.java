// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.ConflictException;
import io.pgqueue.InvalidNameException;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.store.AdminFunctions;
import io.pgqueue.store.AdminFunctions.Filters;
import io.pgqueue.store.AdminFunctions.FoundDestination;
import io.pgqueue.store.AdminFunctions.FoundSubscription;
import io.pgqueue.store.FilterPaths;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Compares what is declared with what exists under that name; a difference is a {@link ConflictException} that names it. */
final class Declarations {

    private final AdminFunctions functions;

    Declarations(AdminFunctions functions) {
        this.functions = functions;
    }

    /** @throws InvalidNameException if it is one that its consumers make */
    static void requireDeclarable(SubscriptionSpec spec) {
        if (spec.name().indexOf('/') >= 0) {
            throw new InvalidNameException("'" + spec.name()
                    + "' is the name of a subscription that belongs to a client id, which is made by its first consumer; "
                    + "declare one without a client id, or alter this one when it is there");
        }
    }

    /** Always true; throws otherwise. */
    boolean agree(Connection connection, QueueSpec spec) throws SQLException {
        FoundDestination found = functions
                .findDestination(connection, spec.name())
                .filter(FoundDestination::queue)
                .orElseThrow(() ->
                        new ConflictException("'" + spec.name() + "' is a topic; choose another name for the queue"));
        String what = "queue '" + spec.name() + "'";
        same(what, "maxBodyBytes", found.maxBodyBytes(), spec.maxBodyBytes());
        same(what, "dedupWindow", found.dedupWindow(), spec.dedupWindow());
        same(what, "retain", found.retain(), spec.retain());
        same(what, find(connection, null, spec.name()).settings(), spec.settings());
        return true;
    }

    /** Always true; throws otherwise. */
    boolean agree(Connection connection, TopicSpec spec) throws SQLException {
        FoundDestination found = functions
                .findDestination(connection, spec.name())
                .filter(destination -> !destination.queue())
                .orElseThrow(() ->
                        new ConflictException("'" + spec.name() + "' is a queue; choose another name for the topic"));
        String what = "topic '" + spec.name() + "'";
        same(what, "maxBodyBytes", found.maxBodyBytes(), spec.maxBodyBytes());
        same(what, "dedupWindow", found.dedupWindow(), spec.dedupWindow());
        same(what, "retain", found.retain(), spec.retain());
        return true;
    }

    /**
     * Always true; throws otherwise. Filters are the same when they mean the same.
     *
     * @param paths what the filters of the specification mean
     */
    boolean agree(Connection connection, SubscriptionSpec spec, FilterPaths paths) throws SQLException {
        FoundSubscription found = find(connection, spec.topic(), spec.name());
        String what = "subscription '" + spec.name() + "'";
        same(what, found.settings(), spec.settings());
        Filters wanted = Filters.of(spec);
        if (!found.filters().equals(wanted) && !functions.sameFilter(connection, spec.topic(), spec.name(), paths)) {
            same(what, "filters", found.filters(), wanted);
        }
        return true;
    }

    private FoundSubscription find(Connection connection, @Nullable String topic, String name) throws SQLException {
        return functions
                .findSubscription(connection, topic, name)
                .orElseThrow(() -> new ConflictException("There is a subscription '" + name
                        + "' already, of another topic; choose another name, or drop that one first"));
    }

    /** One by one, so that the error shows what differs and nothing else. */
    private static void same(String what, SubscriptionSettings found, SubscriptionSettings wanted) {
        same(what, "lease", found.lease(), wanted.lease());
        same(what, "redelivery", found.redelivery(), wanted.redelivery());
        same(what, "retention", found.retention(), wanted.retention());
        same(what, "onExpiry", found.onExpiry(), wanted.onExpiry());
        same(what, "expiryQueue", found.expiryQueue(), wanted.expiryQueue());
        same(what, "deadLetters", found.deadLetters(), wanted.deadLetters());
        same(what, "delay", found.delay(), wanted.delay());
        same(what, "groups", found.groups(), wanted.groups());
        same(what, "depthLimit", found.depthLimit(), wanted.depthLimit());
        same(what, "expireAfterIdle", found.expireAfterIdle(), wanted.expireAfterIdle());
        same(what, "settings", found, wanted);
    }

    private static void same(String what, String field, @Nullable Object found, @Nullable Object wanted) {
        if (!Objects.equals(found, wanted)) {
            throw new ConflictException("The " + what + " exists with " + field + " " + found + ", declared with "
                    + wanted + "; declare it as it is, or change it with alter");
        }
    }
}
