// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.PgQueueException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Repeats what must be done although the database is away, until it answers or the session ends. */
final class PgJmsRetry {

    static final long PAUSE_MILLIS = 500;

    private final PgJmsLink link;
    private final BooleanSupplier ended;

    PgJmsRetry(PgJmsLink link, BooleanSupplier ended) {
        this.link = link;
        this.ended = ended;
    }

    /** @throws PgQueueException what was not an outage, or the outage when the session ended during it */
    void untilAnswered(Runnable action) {
        while (true) {
            try {
                action.run();
                link.answered();
                return;
            } catch (PgQueueException e) {
                if (!link.failed(e) || ended.getAsBoolean() || !pause()) {
                    throw e;
                }
            }
        }
    }

    private static boolean pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
