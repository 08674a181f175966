// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.UUID;

/** What the client gets back: the order that was stored and the message that was published with it. */
record PlacedOrder(
        @JsonProperty("order_id") long orderId,
        @JsonProperty("message_id") UUID messageId) {}
