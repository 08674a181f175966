// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.OutgoingMessage;

/** Publishes what handlers return, in the transaction of the calling thread. Safe for use by several threads. */
@FunctionalInterface
public interface ReplyPublisher {

    void publish(String destination, OutgoingMessage message);
}
