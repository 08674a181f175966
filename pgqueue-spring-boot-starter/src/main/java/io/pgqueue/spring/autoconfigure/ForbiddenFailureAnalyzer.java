// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.ForbiddenException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** The database user may not do what the application does when it starts. */
final class ForbiddenFailureAnalyzer extends AbstractFailureAnalyzer<ForbiddenException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, ForbiddenException cause) {
        return new FailureAnalysis(
                cause.getMessage(),
                "Grant the database user of spring.datasource.username the role: pgqueue_publisher to send, pgqueue_consumer to "
                        + "listen, pgqueue_admin to declare queues, topics and subscriptions. If they are declared by somebody "
                        + "else, take the QueueSpec, TopicSpec and SubscriptionSpec beans away.",
                cause);
    }
}
