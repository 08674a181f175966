// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All observers of a container as one that throws nothing, no Error either: what they watch goes on or is done. */
final class ProcessingObservers implements ProcessingObserver {

    private static final Logger LOG = LoggerFactory.getLogger(ProcessingObservers.class);
    private static final Processing UNWATCHED = new Processing() {};

    private final List<ProcessingObserver> all;

    ProcessingObservers(List<ProcessingObserver> all) {
        this.all = List.copyOf(all);
    }

    @Override
    public Processing started(PgListenerEndpoint endpoint, List<Delivery> unit) {
        if (all.isEmpty()) {
            return UNWATCHED;
        }
        // Ended in reverse, because observers nest what they keep in the thread.
        Deque<Processing> begun = new ArrayDeque<>();
        for (ProcessingObserver observer : all) {
            try {
                begun.push(observer.started(endpoint, unit));
            } catch (Throwable e) {
                LOG.error("An observer of the {} failed", endpoint, e);
            }
        }
        return new Processing() {
            @Override
            public void failed(Throwable error) {
                tell(processing -> processing.failed(error));
            }

            @Override
            public void ended() {
                tell(Processing::ended);
            }

            private void tell(Consumer<Processing> what) {
                for (Processing processing : begun) {
                    try {
                        what.accept(processing);
                    } catch (Throwable e) {
                        LOG.error("An observer of the {} failed", endpoint, e);
                    }
                }
            }
        };
    }
}
