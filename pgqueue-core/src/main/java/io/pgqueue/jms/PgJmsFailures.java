// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.Failure;

/** Reasons that are kept with a dead letter when no exception of the application is known. */
final class PgJmsFailures {

    static final Failure RECOVERED = because("The session was recovered");
    static final Failure ROLLED_BACK = because("The session was rolled back");
    static final Failure CLOSED = because("The session was closed before the message was acknowledged");
    static final Failure CALLER_ROLLED_BACK = because("The transaction of the caller was rolled back");

    private PgJmsFailures() {}

    private static Failure because(String message) {
        return new Failure(null, message, null);
    }
}
