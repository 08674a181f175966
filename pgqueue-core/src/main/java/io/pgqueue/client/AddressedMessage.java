// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static io.pgqueue.client.Given.given;

import io.pgqueue.OutgoingMessage;

/** A message and the queue or topic it is sent to. */
public record AddressedMessage(String destination, OutgoingMessage message) {

    /** @throws io.pgqueue.InvalidArgumentException if one of them is null */
    public AddressedMessage {
        given("destination", destination);
        given("message", message);
    }
}
