// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.jms.PgJmsDestination.Kind;
import jakarta.jms.DeliveryMode;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.Queue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jakarta Messaging 3.1, section 3.4. */
@NullUnmarked
class PgJmsHeadersTest {

    private static final PgJmsSendOptions DEFAULT = PgJmsSendOptions.DEFAULT;

    private final PgJmsMessage message = new PgJmsMessage();

    @Test
    void section_3_4_11_sendingOverwritesWhatWasPreset() throws Exception {
        message.setJMSDestination(new PgJmsTopic("elsewhere"));
        message.setJMSDeliveryMode(DeliveryMode.NON_PERSISTENT);
        message.setJMSPriority(9);
        message.setJMSMessageID("ID:mine");
        message.setJMSTimestamp(1);
        message.setJMSExpiration(2);
        message.setJMSDeliveryTime(3);
        long before = System.currentTimeMillis();
        PgJmsSend send = Transport.send(message);
        long after = System.currentTimeMillis();
        assertThat(message.getJMSDestination()).isEqualTo(Transport.QUEUE);
        assertThat(message.getJMSDeliveryMode()).isEqualTo(DeliveryMode.PERSISTENT);
        assertThat(message.getJMSPriority()).isEqualTo(4);
        assertThat(message.getJMSMessageID()).isEqualTo("ID:" + send.messageId());
        assertThat(message.getJMSTimestamp()).isBetween(before, after);
        assertThat(message.getJMSExpiration()).isZero();
        assertThat(message.getJMSDeliveryTime()).isEqualTo(message.getJMSTimestamp());
        assertSameHeaders(Transport.receive(send, 1));
    }

    @Test
    void section_3_4_allHeadersAreTheSameOnBothSides() throws Exception {
        message.setJMSCorrelationID("c");
        message.setJMSType("t");
        message.setJMSReplyTo(new PgJmsQueue("answers"));
        PgJmsSendOptions options = DEFAULT.withDeliveryMode(DeliveryMode.NON_PERSISTENT)
                .withPriority(7)
                .withTimeToLive(60_000)
                .withDeliveryDelay(1_000);
        PgJmsSend send = Transport.send(message, options);
        assertThat(message.getJMSExpiration()).isEqualTo(message.getJMSTimestamp() + 60_000);
        assertThat(message.getJMSDeliveryTime()).isEqualTo(message.getJMSTimestamp() + 1_000);
        assertSameHeaders(Transport.receive(send, 1));
    }

    private void assertSameHeaders(PgJmsMessage received) throws JMSException {
        assertThat(received.getJMSDestination()).isEqualTo(message.getJMSDestination());
        assertThat(received.getJMSDeliveryMode()).isEqualTo(message.getJMSDeliveryMode());
        assertThat(received.getJMSPriority()).isEqualTo(message.getJMSPriority());
        assertThat(received.getJMSMessageID()).isEqualTo(message.getJMSMessageID());
        assertThat(received.getJMSTimestamp()).isEqualTo(message.getJMSTimestamp());
        assertThat(received.getJMSExpiration()).isEqualTo(message.getJMSExpiration());
        assertThat(received.getJMSDeliveryTime()).isEqualTo(message.getJMSDeliveryTime());
        assertThat(received.getJMSCorrelationID()).isEqualTo(message.getJMSCorrelationID());
        assertThat(received.getJMSType()).isEqualTo(message.getJMSType());
        assertThat(received.getJMSReplyTo()).isEqualTo(message.getJMSReplyTo());
    }

    @Test
    void section_3_4_3_everySendOfOneObjectHasANewId() throws Exception {
        Transport.send(message);
        String first = message.getJMSMessageID();
        Transport.send(message);
        assertThat(message.getJMSMessageID()).startsWith("ID:").isNotEqualTo(first);
    }

    @Test
    void section_3_4_3_theHintsToLeaveOutIdAndTimestampAreHonoured() throws Exception {
        PgJmsSend send =
                Transport.send(message, DEFAULT.withDisableMessageId(true).withDisableTimestamp(true));
        assertThat(send.messageId()).isNotNull();
        for (PgJmsMessage side : new PgJmsMessage[] {message, Transport.receive(send, 1)}) {
            assertThat(side.getJMSMessageID()).isNull();
            assertThat(side.getJMSTimestamp()).isZero();
        }
    }

    @Test
    void section_3_4_4_theTimestampOfAnIdWithoutTimeIsTheServers() throws Exception {
        OutgoingMessage random =
                OutgoingMessage.text("x").messageId(UUID.randomUUID()).build();
        assertThat(Instant.ofEpochMilli(Transport.receive(random).getJMSTimestamp()))
                .isBetween(Instant.now().minusSeconds(60), Instant.now());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "text", "ID:0a", "ä€😀"})
    void section_3_4_5_aCorrelationIdTextReadsAsUtf8(String id) throws Exception {
        message.setJMSCorrelationID(id);
        PgJmsMessage received = Transport.roundTrip(message);
        assertThat(received.getJMSCorrelationID()).isEqualTo(id);
        assertThat(received.getJMSCorrelationIDAsBytes()).isEqualTo(id.getBytes(StandardCharsets.UTF_8));
        message.setJMSCorrelationIDAsBytes(id.getBytes(StandardCharsets.UTF_8));
        assertThat(message.getJMSCorrelationID()).isEqualTo(id);
    }

    @Test
    void section_3_4_5_anyBytesAreACorrelationId() throws Exception {
        byte[][] ids = {{}, {0}, {-1, 0, 1}, {'a', 0}, new byte[24], {(byte) 0xC0, (byte) 0x80}};
        for (byte[] id : ids) {
            byte[] given = id.clone();
            message.setJMSCorrelationIDAsBytes(given);
            if (given.length > 0) {
                given[0] = 9;
            }
            assertThat(message.getJMSCorrelationIDAsBytes()).isEqualTo(id);
            PgJmsMessage received = Transport.roundTrip(message);
            assertThat(received.getJMSCorrelationIDAsBytes()).isEqualTo(id);
            assertThat(received.getJMSCorrelationID()).isEqualTo(message.getJMSCorrelationID());
        }
        message.setJMSCorrelationIDAsBytes(null);
        assertThat(message.getJMSCorrelationID()).isNull();
        assertThat(message.getJMSCorrelationIDAsBytes()).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void section_3_4_6_replyToComesBackAsItsKind(Kind kind) throws Exception {
        PgJmsDestination replyTo = PgJmsDestination.of(kind, "answers");
        message.setJMSReplyTo(replyTo);
        PgJmsMessage received = Transport.roundTrip(message);
        assertThat(received.getJMSReplyTo()).isEqualTo(replyTo).hasSameClassAs(replyTo);
    }

    @Test
    void rule_31_foreignDestinationsDoNotBreakASend() throws Exception {
        message.setJMSDestination(new Destination() {});
        message.setJMSReplyTo(ForeignMessages.of(Queue.class, new PgJmsQueue("answers")));
        assertThat(Transport.roundTrip(message).getJMSReplyTo()).isEqualTo(new PgJmsQueue("answers"));
        message.setJMSReplyTo(new Destination() {});
        assertThat(Transport.roundTrip(message).getJMSReplyTo()).isNull();
        message.setJMSReplyTo(new PgJmsQueue("a".repeat(256)));
        assertThat(Transport.roundTrip(message).getJMSReplyTo()).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 3})
    void rule_24_unknownDeliveryModesAreRefused(int mode) {
        assertThatThrownBy(() -> DEFAULT.withDeliveryMode(mode))
                .isInstanceOf(JMSException.class)
                .hasMessageContaining(String.valueOf(mode));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 10})
    void rule_24_otherPrioritiesAreRefused(int priority) {
        assertThatThrownBy(() -> DEFAULT.withPriority(priority)).isInstanceOf(JMSException.class);
    }

    @Test
    void rule_24_aNegativeTimeToLiveIsExpiredAtOnce() throws Exception {
        PgJmsSend send = Transport.send(message, DEFAULT.withTimeToLive(-1));
        assertThat(message.getJMSExpiration())
                .isEqualTo(message.getJMSTimestamp() - 1)
                .isNotZero();
        assertThat(send.message(send.calledAtNanos()).timeToLive()).isPositive().isLessThan(Duration.ofMillis(1));
    }

    @Test
    void section_3_4_9_aLifeShorterThanTheDelayIsExpiredAtOnce() throws Exception {
        PgJmsSend send = Transport.send(message, DEFAULT.withTimeToLive(1000).withDeliveryDelay(1000));
        OutgoingMessage published = send.message(send.calledAtNanos());
        assertThat(published.timeToLive()).isLessThan(Duration.ofMillis(1));
        assertThat(published.delay()).isNull();
    }

    @Test
    void section_3_4_9_anEndlessLifeDoesNotOverflow() throws Exception {
        PgJmsSend send = Transport.send(message, DEFAULT.withTimeToLive(Long.MAX_VALUE));
        assertThat(message.getJMSExpiration()).isEqualTo(Long.MAX_VALUE);
        assertThat(send.message(send.calledAtNanos()).timeToLive()).isEqualTo(Duration.ofMillis(Long.MAX_VALUE));
        Transport.send(message, DEFAULT.withTimeToLive(Long.MIN_VALUE));
        assertThat(message.getJMSExpiration()).isNegative();
    }

    @Test
    void rule_20_timesCountFromTheSendCallAndNotFromTheCommit() throws Exception {
        PgJmsSend send = Transport.send(message, DEFAULT.withTimeToLive(60_000).withDeliveryDelay(10_000));
        OutgoingMessage atCommit =
                send.message(send.calledAtNanos() + Duration.ofSeconds(4).toNanos());
        assertThat(atCommit.timeToLive()).isEqualTo(Duration.ofSeconds(56));
        assertThat(atCommit.delay()).isEqualTo(Duration.ofSeconds(6));
        OutgoingMessage later =
                send.message(send.calledAtNanos() + Duration.ofSeconds(20).toNanos());
        assertThat(later.delay()).isNull();
        OutgoingMessage tooLate =
                send.message(send.calledAtNanos() + Duration.ofSeconds(61).toNanos());
        assertThat(tooLate.timeToLive()).isLessThan(Duration.ofMillis(1));
    }

    @Test
    void section_3_4_13_aDelayAboveTheLimitIsRefusedByTheSend() {
        assertThatThrownBy(() -> DEFAULT.withDeliveryDelay(-1)).isInstanceOf(JMSException.class);
        for (long delay : new long[] {Duration.ofDays(367).toMillis(), Long.MAX_VALUE}) {
            assertThatThrownBy(() -> Transport.send(message, DEFAULT.withDeliveryDelay(delay)))
                    .isInstanceOf(JMSException.class)
                    .hasMessageContaining("delay");
        }
    }

    @Test
    void jms2_deliverAtIsTheDeliveryTimeAndUsedUpBySending() throws Exception {
        long tomorrow = System.currentTimeMillis() + Duration.ofDays(1).toMillis();
        message.setLongProperty("JMS_PGQ_DeliverAt", tomorrow);
        PgJmsSend send = Transport.send(message, DEFAULT.withDeliveryDelay(5));
        assertThat(send.message(send.calledAtNanos()).deliverAt()).isEqualTo(Instant.ofEpochMilli(tomorrow));
        assertThat(message.getJMSDeliveryTime()).isEqualTo(tomorrow);
        PgJmsMessage received = Transport.receive(send, 1);
        assertThat(received.getJMSDeliveryTime()).isEqualTo(tomorrow);
        assertThat(received.propertyExists("JMS_PGQ_DeliverAt")).isFalse();
        PgJmsSend expired = Transport.send(message, DEFAULT.withTimeToLive(5));
        assertThat(expired.message(expired.calledAtNanos()).deliverAt()).isBefore(Instant.now());
        assertThat(expired.message(expired.calledAtNanos()).timeToLive()).isLessThan(Duration.ofMillis(1));
        message.setIntProperty("JMS_PGQ_DeliverAt", 1);
        assertThatThrownBy(() -> Transport.send(message)).isInstanceOf(MessageFormatException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\0", "\uD800"})
    void lim2_aHeaderThatCannotBeStoredIsRefusedByName(String text) throws Exception {
        message.setJMSType(text);
        assertThatThrownBy(() -> Transport.send(message))
                .isInstanceOf(JMSException.class)
                .hasMessageContaining("type");
        message.setJMSType(null);
        message.setJMSCorrelationID(text);
        assertThatThrownBy(() -> Transport.send(message))
                .isInstanceOf(JMSException.class)
                .hasMessageContaining("correlationId");
        assertThat(message.getJMSMessageID()).isNull();
    }

    @Test
    void rule_32_aNullMessageIsAMessageFormatException() {
        assertThatThrownBy(() -> Transport.send(null)).isInstanceOf(MessageFormatException.class);
    }

    @Test
    void rule_25_headersOfReceivedMessagesStayWritable() throws Exception {
        PgJmsMessage received = Transport.roundTrip(message);
        received.setJMSType("t");
        received.setJMSPriority(1);
        received.setJMSCorrelationID("c");
        assertThat(received.getJMSType()).isEqualTo("t");
        assertThat(received.getJMSPriority()).isEqualTo(1);
    }

    @Test
    void aMessageThatNoSessionGaveIsAcknowledgedByDoingNothing() throws Exception {
        message.acknowledge();
        int[] calls = {0};
        message.onAcknowledge(() -> calls[0]++);
        message.acknowledge();
        assertThat(calls[0]).isEqualTo(1);
    }

    @Test
    void textsForLogsShowNoBody() throws Exception {
        PgJmsTextMessage secret = new PgJmsTextMessage("secret");
        secret.setStringProperty("p", "secret");
        Transport.send(secret);
        assertThat(secret.toString())
                .startsWith("TextMessage[ID:")
                .contains("queue orders")
                .doesNotContain("secret");
    }
}
