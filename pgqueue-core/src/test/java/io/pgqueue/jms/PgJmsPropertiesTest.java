// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.OutgoingMessage;
import io.pgqueue.ReplaceMode;
import jakarta.jms.JMSException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jakarta Messaging 3.1, section 3.5. */
@NullUnmarked
class PgJmsPropertiesTest {

    private final PgJmsMessage message = new PgJmsMessage();

    @ParameterizedTest
    @NullAndEmptySource
    @ValueSource(
            strings = {
                "1abc",
                "a-b",
                "a b",
                "a.b",
                "null",
                "TRUE",
                "false",
                "Not",
                "AND",
                "or",
                "between",
                "LIKE",
                "in",
                "is",
                "escape",
                "a\0",
                "JMSFoo",
                "JMSPriority",
                "JMSMessageID"
            })
    void section_3_5_1_refusesNamesThatASelectorCannotSay(String name) {
        assertThatThrownBy(() -> message.setStringProperty(name, "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> message.setObjectProperty(name, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Collections.list(message.getPropertyNames())).isEmpty();
    }

    @Test
    void section_3_5_1_refusesNamesThatAreTooLong() {
        assertThatThrownBy(() -> message.setIntProperty("a".repeat(129), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("128");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "_a", "$a", "ä1", "nullable", "JMSXGroupID", "JMS_ACME_x", "JMS_PGQ_DedupId"})
    void section_3_5_1_takesIdentifiers(String name) throws Exception {
        message.setStringProperty(name, "x");
        assertThat(message.getStringProperty(name)).isEqualTo("x");
    }

    static List<Object> values() {
        return List.of(
                true,
                (byte) -7,
                (short) -7,
                7,
                7L,
                Long.MIN_VALUE,
                7.5f,
                7.5,
                Float.NaN,
                Double.NaN,
                Float.POSITIVE_INFINITY,
                Double.NEGATIVE_INFINITY,
                -0.0f,
                -0.0,
                "",
                "a\0b",
                "lone \uD800 surrogate",
                "€😀");
    }

    @ParameterizedTest
    @MethodSource("values")
    void section_3_5_5_valuesKeepTheirExactType(Object value) throws Exception {
        message.setObjectProperty("p", value);
        assertThat(message.getObjectProperty("p")).isEqualTo(value);
        assertThat(Transport.roundTrip(message).getObjectProperty("p")).isEqualTo(value);
    }

    @ParameterizedTest
    @MethodSource("otherObjects")
    void section_3_5_5_refusesOtherObjects(Object value) {
        assertThatThrownBy(() -> message.setObjectProperty("p", value)).isInstanceOf(MessageFormatException.class);
    }

    static List<Object> otherObjects() {
        return List.of(new Object(), new byte[1], 'c', java.math.BigDecimal.ONE, List.of());
    }

    @Test
    void section_3_5_3_receivedPropertiesAreReadOnlyUntilCleared() throws Exception {
        PgJmsTextMessage text = new PgJmsTextMessage("x");
        text.setIntProperty("p", 1);
        PgJmsTextMessage received = Transport.roundTrip(text);
        assertThatThrownBy(() -> received.setIntProperty("p", 2)).isInstanceOf(MessageNotWriteableException.class);
        assertThatThrownBy(() -> received.setObjectProperty("q", 2)).isInstanceOf(MessageNotWriteableException.class);
        assertThat(received.getIntProperty("p")).isEqualTo(1);
        received.clearProperties();
        assertThat(Collections.list(received.getPropertyNames())).isEmpty();
        received.setIntProperty("p", 2);
        assertThat(received.getIntProperty("p")).isEqualTo(2);
        assertThatThrownBy(() -> received.setText("y")).isInstanceOf(MessageNotWriteableException.class);
        text.setIntProperty("p", 3);
        assertThat(text.getIntProperty("p")).isEqualTo(3);
    }

    @Test
    void section_3_5_6_namesAreThoseOfPropertiesOnly() throws Exception {
        message.setJMSType("t");
        message.setJMSCorrelationID("c");
        message.setJMSReplyTo(new PgJmsTopic("answers"));
        message.setStringProperty("a", "x");
        message.setObjectProperty("nothing", null);
        assertThat(Collections.list(message.getPropertyNames())).containsExactly("a", "nothing");
        PgJmsSendOptions options = PgJmsSendOptions.DEFAULT
                .withTimeToLive(1000)
                .withDeliveryMode(1)
                .withDeliveryDelay(10)
                .withDisableTimestamp(true)
                .withDisableMessageId(true);
        PgJmsMessage received = Transport.receive(Transport.send(message, options), 1);
        assertThat(Collections.list(received.getPropertyNames()))
                .containsExactlyInAnyOrder("a", "nothing", "JMSXDeliveryCount");
    }

    @Test
    void section_3_5_aNullPropertyIsNullAtTheReceiverToo() throws Exception {
        message.setStringProperty("text", null);
        message.setObjectProperty("object", null);
        message.setStringProperty("JMSXGroupID", null);
        message.setObjectProperty("JMS_PGQ_DedupId", null);
        message.setStringProperty("JMS_PGQ_Nulls", "forged");
        PgJmsSend send = Transport.send(message);
        assertThat(send.content().properties()).containsOnly(Map.entry("JMS_PGQ_Nulls", "text,object,JMSXGroupID"));
        PgJmsMessage received = Transport.receive(send, 1);
        assertThat(Collections.list(received.getPropertyNames()))
                .containsExactlyInAnyOrder("text", "object", "JMSXGroupID", "JMSXDeliveryCount");
        for (String name : List.of("text", "object")) {
            assertThat(received.propertyExists(name)).isTrue();
            assertThat(received.getStringProperty(name)).isNull();
            assertThat(received.getObjectProperty(name)).isNull();
            assertThat(received.getBooleanProperty(name)).isFalse();
            assertThatThrownBy(() -> received.getIntProperty(name)).isInstanceOf(NumberFormatException.class);
        }
        assertThat(received.propertyExists("JMS_PGQ_Nulls")).isFalse();
        assertThat(Transport.roundTrip(received).propertyExists("text"))
                .as("forwarded")
                .isTrue();
    }

    @Test
    void section_3_5_editorsKnowOfNoNulls() throws Exception {
        OutgoingMessage edited = OutgoingMessage.text("x")
                .property("JMS_PGQ_Nulls", "a,b")
                .property("a", "set meanwhile")
                .build();
        PgJmsMessage received = Transport.receive(edited);
        assertThat(received.getStringProperty("a")).isEqualTo("set meanwhile");
        assertThat(received.propertyExists("b")).isTrue();
    }

    @Test
    void section_3_5_8_absentOrNullIsNull() throws Exception {
        message.setStringProperty("nothing", null);
        assertThat(message.propertyExists("nothing")).isTrue();
        assertThat(message.propertyExists("absent")).isFalse();
        assertThat(message.getStringProperty("nothing")).isNull();
        assertThat(message.getStringProperty("absent")).isNull();
        assertThat(message.getObjectProperty(null)).isNull();
        assertThat(message.getBooleanProperty("absent")).isFalse();
    }

    @Test
    void section_3_5_9_theGroupIsReadableOnBothSidesAndOrdersDeliveries() throws Exception {
        message.setStringProperty("JMSXGroupID", "customer 7");
        message.setIntProperty("JMSXGroupSeq", 3);
        PgJmsSend send = Transport.send(message);
        assertThat(send.content().group()).isEqualTo("customer 7");
        assertThat(send.content().properties()).containsEntry("JMSXGroupID", "customer 7");
        PgJmsMessage received = Transport.receive(send, 1);
        assertThat(received.getStringProperty("JMSXGroupID")).isEqualTo("customer 7");
        assertThat(received.getIntProperty("JMSXGroupSeq")).isEqualTo(3);
        assertThat(message.getStringProperty("JMSXGroupID")).isEqualTo("customer 7");
    }

    @Test
    void section_3_5_9_theGroupHasItsType() throws Exception {
        message.setIntProperty("JMSXGroupID", 7);
        assertThatThrownBy(() -> Transport.send(message))
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("JMSXGroupID");
        message.setStringProperty("JMSXGroupID", "g".repeat(256));
        assertThatThrownBy(() -> Transport.send(message))
                .isInstanceOf(JMSException.class)
                .hasMessageContaining("255");
        message.clearProperties();
        message.setStringProperty("JMSXGroupSeq", "1");
        assertThatThrownBy(() -> Transport.send(message)).isInstanceOf(MessageFormatException.class);
    }

    @Test
    void section_3_5_11_theDeliveryCountIsOurs() throws Exception {
        message.setIntProperty("JMSXDeliveryCount", 99);
        PgJmsSend send = Transport.send(message);
        assertThat(send.content().properties()).isEmpty();
        assertThat(Transport.receive(send, 1).getIntProperty("JMSXDeliveryCount"))
                .isEqualTo(1);
        assertThat(Transport.receive(send, 1).getJMSRedelivered()).isFalse();
        PgJmsMessage again = Transport.receive(send, 3);
        assertThat(again.getIntProperty("JMSXDeliveryCount")).isEqualTo(3);
        assertThat(again.getObjectProperty("JMSXDeliveryCount")).isEqualTo(3);
        assertThat(again.getJMSRedelivered()).isTrue();
    }

    @Test
    void jms2_otherNamesOfOursTravelButTheProvidersCannotBeForged() throws Exception {
        message.setStringProperty("JMS_PGQ_CausationId", "c");
        message.setStringProperty("JMS_PGQ_DeadReason", "forged");
        message.setLongProperty("JMS_PGQ_Expiration", 1);
        PgJmsMessage received = Transport.roundTrip(message);
        assertThat(received.getStringProperty("JMS_PGQ_CausationId")).isEqualTo("c");
        assertThat(received.propertyExists("JMS_PGQ_DeadReason")).isFalse();
        assertThat(received.propertyExists("JMS_PGQ_Expiration")).isFalse();
        assertThat(received.getJMSExpiration()).isZero();
    }

    @Test
    void pub14_pub15_keysAreUsedUpBySending() throws Exception {
        message.setStringProperty("JMS_PGQ_DedupId", "d");
        message.setStringProperty("JMS_PGQ_ReplaceKey", "r");
        assertThat(Transport.send(message).content().replaceMode()).isEqualTo(ReplaceMode.REPLACE);
        message.setStringProperty("JMS_PGQ_ReplaceMode", "keep-time");
        OutgoingMessage sent = Transport.send(message).content();
        assertThat(sent.dedupKey()).isEqualTo("d");
        assertThat(sent.replaceKey()).isEqualTo("r");
        assertThat(sent.replaceMode()).isEqualTo(ReplaceMode.KEEP_TIME);
        assertThat(sent.properties()).isEmpty();
        assertThat(message.getStringProperty("JMS_PGQ_DedupId")).isEqualTo("d");
        OutgoingMessage forwarded = Transport.send(Transport.receive(sent)).content();
        assertThat(forwarded.dedupKey()).isNull();
        assertThat(forwarded.replaceKey()).isNull();
        message.setStringProperty("JMS_PGQ_ReplaceMode", "skip");
        assertThat(Transport.send(message).content().replaceMode()).isEqualTo(ReplaceMode.SKIP);
        message.setStringProperty("JMS_PGQ_ReplaceMode", "other");
        assertThatThrownBy(() -> Transport.send(message)).isInstanceOf(MessageFormatException.class);
        message.clearProperties();
        message.setIntProperty("JMS_PGQ_DedupId", 1);
        assertThatThrownBy(() -> Transport.send(message)).isInstanceOf(MessageFormatException.class);
        message.setStringProperty("JMS_PGQ_DedupId", "d".repeat(256));
        assertThatThrownBy(() -> Transport.send(message))
                .isInstanceOf(JMSException.class)
                .hasMessageContaining("255");
    }

    @Test
    void lim5_tooManyOrTooLargePropertiesAreRefused() throws Exception {
        for (int i = 0; i < 101; i++) {
            message.setIntProperty("p" + i, i);
        }
        assertThatThrownBy(() -> Transport.send(message))
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("100");
    }
}
