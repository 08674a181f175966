// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import io.pgqueue.spring.listener.PgListenerContainer;

/** What a listener does at the moment. */
public enum ContainerState {
    RUNNING,
    /** It runs, and leases nothing. */
    PAUSED,
    STOPPED;

    static ContainerState of(PgListenerContainer container) {
        if (!container.isRunning()) {
            return STOPPED;
        }
        return container.isPaused() ? PAUSED : RUNNING;
    }
}
