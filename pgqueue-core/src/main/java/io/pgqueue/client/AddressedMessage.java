// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.OutgoingMessage;

/** A message and the queue or topic it is sent to. */
public record AddressedMessage(String destination, OutgoingMessage message) {}
