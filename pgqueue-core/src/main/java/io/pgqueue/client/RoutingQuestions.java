// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.RoutingDecision;
import io.pgqueue.store.RoutingFunctions;
import java.util.List;
import java.util.UUID;

/** Why a message goes where it does: asks a {@link RoutingExplainer} for {@link PgQueueAdmin}. */
final class RoutingQuestions {

    private static final UUID NOT_SENT = new UUID(0, 0);

    private final AdminCalls calls;
    private final RoutingFunctions routing;

    RoutingQuestions(AdminCalls calls, RoutingFunctions routing) {
        this.calls = calls;
        this.routing = routing;
    }

    List<RoutingDecision> explain(String destination, OutgoingMessage message) {
        UUID given = message.messageId();
        UUID id = given == null ? NOT_SENT : given;
        return calls.run(connection -> {
            RoutingExplainer explainer = new RoutingExplainer(routing.routes(connection, destination));
            return explainer.decide(
                    routing.given(connection, id, message, explainer.onProperties(), explainer.onBody()));
        });
    }

    List<RoutingDecision> explain(String destination, UUID messageId) {
        return calls.run(connection -> {
            RoutingExplainer explainer = new RoutingExplainer(routing.routes(connection, destination));
            return explainer.decide(
                    routing.stored(connection, destination, messageId, explainer.onProperties(), explainer.onBody()));
        });
    }
}
