// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import java.util.List;
import java.util.function.Function;

/** Stands around the sends of a template, for example to trace them. Safe for use by several threads. */
@FunctionalInterface
public interface SendInterceptor {

    /**
     * @param messages as post-processors left them, one or more
     * @param send sends what it is given, in the caller's transaction if there is one, and must be called once
     * @return what {@code send} returned
     */
    List<PublishResult> send(
            String destination,
            List<OutgoingMessage> messages,
            Function<List<OutgoingMessage>, List<PublishResult>> send);

    /** The same for one send that another thread does later: keeps what belongs to the calling thread. */
    default SendInterceptor forOtherThread() {
        return this;
    }
}
