// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import io.pgqueue.OutgoingMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** PUB-13. */
class ConversationTest {

    private final Conversation conversation = new Conversation();

    @Test
    void aCorrelationIdOfTheMessageItselfIsKept() throws Exception {
        Delivery handled = handled("theirs");
        List<OutgoingMessage> sent = new ArrayList<>();
        HandledDelivery.with(handled, () -> {
            sent.add(process(OutgoingMessage.text("x").correlationId("own").build()));
            sent.add(process(OutgoingMessage.text("x").build()));
        });
        assertThat(sent).extracting(OutgoingMessage::correlationId).containsExactly("own", "theirs");
        assertThat(sent)
                .allSatisfy(message -> assertThat(message.properties())
                        .containsEntry(
                                "JMS_PGQ_CausationId", handled.messageId().toString()));
    }

    @Test
    void whatNoHandlerSendsIsLeftAsItIs() throws Exception {
        HandledDelivery.with(handled("over"), () -> {});
        OutgoingMessage message = OutgoingMessage.text("x").build();
        assertThat(process(message)).isSameAs(message);
    }

    private OutgoingMessage process(OutgoingMessage message) {
        return conversation.process("orders", message);
    }

    private static Delivery handled(String correlationId) {
        return new Delivery(
                UUID.randomUUID(),
                "orders",
                "orders",
                null,
                Map.of(),
                new Delivery.Headers(Instant.EPOCH, null, 4, null, null, correlationId, null, null),
                1,
                0,
                new Lease(0, 1, 4, 1, 1, Instant.EPOCH, false));
    }
}
