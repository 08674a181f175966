// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.deadletter;

import io.pgqueue.DeadLetter;
import io.pgqueue.DeadLetterFilter;
import io.pgqueue.Redrive;
import io.pgqueue.Repair;
import io.pgqueue.client.DeadLetters;
import io.pgqueue.client.PgQueue;
import io.pgqueue.samples.deadletter.InvoicesApplication.Invoice;
import java.util.List;
import java.util.UUID;
import org.springframework.stereotype.Service;
import tools.jackson.databind.json.JsonMapper;

/** What a person does with dead letters, or a page of an administration does for them. */
@Service
class InvoiceDesk {

    private final DeadLetters invoices;
    private final JsonMapper json;

    InvoiceDesk(PgQueue queue, JsonMapper json) {
        this.invoices = queue.admin().deadLetters("invoices");
        this.json = json;
    }

    /** The oldest, without their bodies. */
    List<DeadLetter> look() {
        return invoices.list(100);
    }

    /** Reading does not change anything. */
    Invoice read(UUID messageId) {
        DeadLetter dead = invoices.get(messageId).orElseThrow();
        return json.readValue(dead.body(), Invoice.class);
    }

    /** Back into the queue with another body; what it was is kept, see {@link DeadLetters#changes}. */
    void repair(UUID messageId, Invoice corrected, String who) {
        invoices.repair(
                messageId, Repair.body(json.writeValueAsBytes(corrected)).withBy(who));
    }

    /** When the cause is gone: those that died of it once more, ten in a second. */
    long replay(String errorClass) {
        return invoices.redrive(Redrive.ALL
                .withFilter(DeadLetterFilter.ALL.withErrorClass(errorClass))
                .withPerSecond(10.0));
    }
}
