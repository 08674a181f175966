// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

/** Names of observations and their key values, after OpenTelemetry's conventions for messaging. */
final class ObservationNames {

    static final String PUBLISH = "pgqueue.publish";
    static final String PROCESS = "pgqueue.process";

    static final String SYSTEM = "messaging.system";
    static final String DESTINATION = "messaging.destination.name";
    static final String SUBSCRIPTION = "messaging.destination.subscription.name";
    static final String OPERATION_NAME = "messaging.operation.name";
    static final String OPERATION_TYPE = "messaging.operation.type";
    static final String MESSAGE_ID = "messaging.message.id";
    static final String CONVERSATION_ID = "messaging.message.conversation_id";
    static final String BATCH_SIZE = "messaging.batch.message_count";
    static final String ATTEMPT = "pgqueue.attempt";

    private ObservationNames() {}
}
