// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.NotFoundException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** The start needs a queue, topic or subscription that does not exist. */
final class MissingDestinationFailureAnalyzer extends AbstractFailureAnalyzer<NotFoundException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, NotFoundException cause) {
        return new FailureAnalysis(
                cause.getMessage(),
                "Correct the name, or define a bean of type QueueSpec, TopicSpec or SubscriptionSpec, or, for queues of "
                        + "listeners, set pgqueue.missing-destination=create.",
                cause);
    }
}
