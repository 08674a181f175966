// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.OutgoingMessage;

/** Changes what a template sends, for example to add a tenant or a trace. Safe for use by several threads. */
@FunctionalInterface
public interface OutgoingMessagePostProcessor {

    /**
     * @param destination where it goes
     * @return what is sent instead; {@link OutgoingMessage#toBuilder()} starts with what there is
     */
    OutgoingMessage process(String destination, OutgoingMessage message);
}
