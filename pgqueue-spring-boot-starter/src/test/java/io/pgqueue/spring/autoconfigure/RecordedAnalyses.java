// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalysisReporter;

/** What Boot tells the user of a start that failed; registered in spring.factories of the tests. For one thread. */
final class RecordedAnalyses implements FailureAnalysisReporter {

    private static final ThreadLocal<Deque<FailureAnalysis>> REPORTS = ThreadLocal.withInitial(ArrayDeque::new);

    @Override
    public void report(FailureAnalysis analysis) {
        REPORTS.get().addLast(analysis);
    }

    /** The last one since the last call, empty if Boot found nothing to say. */
    static Optional<FailureAnalysis> take() {
        Optional<FailureAnalysis> last = Optional.ofNullable(REPORTS.get().peekLast());
        REPORTS.remove();
        return last;
    }
}
