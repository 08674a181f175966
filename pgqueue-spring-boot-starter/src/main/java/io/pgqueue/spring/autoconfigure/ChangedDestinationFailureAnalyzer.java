// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.ConflictException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** A queue, topic or subscription exists, and is not as a bean or a listener declares it. */
final class ChangedDestinationFailureAnalyzer extends AbstractFailureAnalyzer<ConflictException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, ConflictException cause) {
        return new FailureAnalysis(
                cause.getMessage(),
                "Declare it as it is, or change what is stored: once by PgQueueAdmin.alterQueue, alterTopic or "
                        + "alterSubscription, or, for beans, at each start by pgqueue.changed-destination=update. With =warn the "
                        + "application goes on with what is stored.",
                cause);
    }
}
