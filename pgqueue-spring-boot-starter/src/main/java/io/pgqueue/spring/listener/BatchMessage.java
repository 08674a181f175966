// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.util.List;
import java.util.Map;
import org.springframework.messaging.support.GenericMessage;

/** What a batch method is called with. */
final class BatchMessage extends GenericMessage<List<Delivery>> {

    private static final long serialVersionUID = 1L;

    private final transient Acknowledgement acknowledgement;

    BatchMessage(List<Delivery> deliveries, Acknowledgement acknowledgement) {
        super(deliveries, Map.of());
        this.acknowledgement = acknowledgement;
    }

    Acknowledgement acknowledgement() {
        return acknowledgement;
    }
}
