// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.InvalidFilterException;
import io.pgqueue.RoutingDecision;
import io.pgqueue.RoutingDecision.Reason;
import io.pgqueue.selector.Clause;
import io.pgqueue.store.FilterPaths;
import io.pgqueue.store.RoutingFunctions.Route;
import io.pgqueue.store.RoutingFunctions.Seen;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Puts the questions about all subscriptions into one call, and reads the reasons from the answers. For one use. */
final class RoutingExplainer {

    private static final String TRUE = "true";

    private final List<String> onProperties = new ArrayList<>();
    private final List<String> onBody = new ArrayList<>();
    private final List<Supplier<RoutingDecision>> decisions = new ArrayList<>();
    private Seen seen = new Seen(List.of(), List.of());

    RoutingExplainer(List<Route> routes) {
        routes.forEach(this::add);
    }

    /** Paths over properties and headers whose values are needed. */
    List<String> onProperties() {
        return onProperties;
    }

    List<String> onBody() {
        return onBody;
    }

    List<RoutingDecision> decide(Seen answers) {
        seen = answers;
        return decisions.stream().map(Supplier::get).toList();
    }

    private void add(Route route) {
        FilterPaths paths = route.paths();
        Supplier<Boolean> properties = isTrue(false, paths.properties());
        Supplier<Boolean> body = isTrue(true, paths.body());
        List<Supplier<@Nullable Reason>> reasons =
                clauses(route).stream().map(this::reason).toList();
        decisions.add(() -> {
            if (properties.get() && body.get()) {
                return new RoutingDecision(route.subscription(), true, null);
            }
            for (Supplier<@Nullable Reason> reason : reasons) {
                Reason found = reason.get();
                if (found != null) {
                    return new RoutingDecision(route.subscription(), false, found);
                }
            }
            // A path that was given in SQL, or noLocal, which is a part of the path only.
            String path = properties.get() ? paths.body() : paths.properties();
            return new RoutingDecision(route.subscription(), false, new Reason(String.valueOf(path), true, Map.of()));
        });
    }

    private static List<Clause> clauses(Route route) {
        try {
            return Filters.parse(
                            "subscription '" + route.subscription() + "'",
                            route.selector(),
                            route.attributes(),
                            route.body())
                    .clauses();
        } catch (InvalidFilterException givenInSql) {
            return List.of();
        }
    }

    private Supplier<@Nullable Reason> reason(Clause clause) {
        Supplier<Boolean> holds = isTrue(clause.onBody(), clause.holds());
        Supplier<Boolean> fails = isTrue(clause.onBody(), clause.fails());
        Map<String, Supplier<@Nullable String>> values = new LinkedHashMap<>();
        clause.values().forEach((name, path) -> values.put(name, ask(clause.onBody(), path)));
        return () -> holds.get() ? null : new Reason(clause.text(), !fails.get(), answers(values));
    }

    private static Map<String, String> answers(Map<String, Supplier<@Nullable String>> values) {
        Map<String, String> answers = new LinkedHashMap<>();
        values.forEach((name, value) -> {
            String answer = value.get();
            if (answer != null) {
                answers.put(name, answer);
            }
        });
        return answers;
    }

    private Supplier<Boolean> isTrue(boolean body, @Nullable String path) {
        if (path == null) {
            return () -> true;
        }
        Supplier<@Nullable String> answer = ask(body, path);
        return () -> TRUE.equals(answer.get());
    }

    private Supplier<@Nullable String> ask(boolean body, String path) {
        List<String> questions = body ? onBody : onProperties;
        int index = questions.size();
        questions.add(path);
        return () -> (body ? seen.onBody() : seen.onProperties()).get(index);
    }
}
