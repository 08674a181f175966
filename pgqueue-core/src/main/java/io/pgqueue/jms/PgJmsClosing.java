// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import org.jspecify.annotations.Nullable;

/** Closes one thing after the other, also when some of them fail: what failed first is thrown at the end. */
final class PgJmsClosing {

    private @Nullable Exception first;

    PgJmsClosing then(PgJmsUnchecked.Action step) {
        try {
            step.run();
        } catch (JMSException | RuntimeException e) {
            if (first == null) {
                first = e;
            } else {
                first.addSuppressed(e);
            }
        }
        return this;
    }

    void done() throws JMSException {
        if (first instanceof JMSException failure) {
            throw failure;
        }
        if (first instanceof RuntimeException failure) {
            throw failure;
        }
    }
}
