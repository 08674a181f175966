// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.architecture;

import java.util.Set;

/** The public types of packages that promise as little as possible; a new name here is a decision. */
final class PublicTypes {

    static final Set<String> STORE = Set.of(
            "PublishFunctions",
            "ReceiveFunctions",
            "SettleFunctions",
            "ScheduleFunctions",
            "DeadLetterFunctions",
            "BacklogFunctions",
            "StatsFunctions",
            "HistoryFunctions",
            "MaintainFunctions",
            "AdminFunctions",
            "BrowseFunctions",
            "FilterPaths",
            "RoutingFunctions",
            "ClientFunctions",
            "CompletionFunctions",
            "SchemaFunctions",
            "SqlErrors");

    static final Set<String> JMS = Set.of("PgJmsConnectionFactory", "PgJmsQueue", "PgJmsTopic");

    private PublicTypes() {}
}
