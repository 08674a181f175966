// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.OutgoingMessage;
import jakarta.jms.BytesMessage;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import jakarta.jms.TextMessage;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Jakarta Messaging 3.1, sections 3.10, 3.11 and 8.6. */
class PgJmsTextMessageTest {

    @ParameterizedTest
    @ValueSource(
            strings = {"", "plain", "€😀", "a\0b", "\uFFFD", "\uD800", "x\uDC00", "\uDC00\uD800", "\uD83D\uDE00\uD83D"})
    void rule_27_everyTextSurvives(String text) throws Exception {
        assertThat(Transport.roundTrip(new PgJmsTextMessage(text)).getText()).isEqualTo(text);
    }

    @Test
    void rule_27_aTextOfAMillionCharactersSurvives() throws Exception {
        String text = "ä".repeat(1_048_576);
        assertThat(Transport.roundTrip(new PgJmsTextMessage(text)).getText()).isEqualTo(text);
    }

    @Test
    void rule_30_anEmptyTextMessageHasTextNull() throws Exception {
        PgJmsTextMessage received = Transport.roundTrip(new PgJmsTextMessage(null));
        assertThat(received.getText()).isNull();
        assertThat(received.getBody(String.class)).isNull();
        assertThat(received.isBodyAssignableTo(Map.class)).isTrue();
    }

    @Test
    void section_3_11_2_aReceivedBodyIsReadOnlyUntilCleared() throws Exception {
        PgJmsTextMessage sent = new PgJmsTextMessage("a");
        sent.setIntProperty("p", 1);
        PgJmsTextMessage received = Transport.roundTrip(sent);
        assertThatThrownBy(() -> received.setText("b")).isInstanceOf(MessageNotWriteableException.class);
        received.clearBody();
        assertThat(received.getText()).isNull();
        received.setText("b");
        assertThat(received.getText()).isEqualTo("b");
        assertThat(received.getIntProperty("p")).isEqualTo(1);
        assertThatThrownBy(() -> received.setIntProperty("p", 2)).isInstanceOf(MessageNotWriteableException.class);
    }

    @Test
    void section_3_9_changesAfterTheSendDoNotReachTheMessageSent() throws Exception {
        PgJmsTextMessage message = new PgJmsTextMessage("a");
        message.setIntProperty("p", 1);
        PgJmsSend send = Transport.send(message);
        message.setText("b");
        message.setIntProperty("p", 2);
        PgJmsTextMessage received = (PgJmsTextMessage) Transport.receive(send, 1);
        assertThat(received.getText()).isEqualTo("a");
        assertThat(received.getIntProperty("p")).isEqualTo(1);
    }

    @Test
    void section_8_6_theBodyIsAStringOrWhatAStringIs() throws Exception {
        PgJmsTextMessage message = new PgJmsTextMessage("a");
        assertThat(message.getBody(String.class)).isEqualTo("a");
        assertThat(message.getBody(CharSequence.class)).isEqualTo("a");
        assertThat(message.getBody(Object.class)).isEqualTo("a");
        assertThat(message.isBodyAssignableTo(Object.class)).isTrue();
        assertThat(message.isBodyAssignableTo(byte[].class)).isFalse();
        assertThatThrownBy(() -> message.getBody(Integer.class)).isInstanceOf(MessageFormatException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "TEXT/CSV",
                "application/json",
                "application/xml",
                "application/problem+json",
                "image/svg+xml",
                "application/json; charset=utf-8",
                "text/plain;charset=\"UTF-8\""
            })
    void pub7_whatOthersSendAsTextIsATextMessage(String contentType) throws Exception {
        PgJmsMessage received = Transport.receive(OutgoingMessage.bytes("{\"ä\":1}".getBytes(StandardCharsets.UTF_8))
                .contentType(contentType)
                .build());
        assertThat(received).isInstanceOf(TextMessage.class);
        assertThat(received.getBody(String.class)).isEqualTo("{\"ä\":1}");
    }

    @ParameterizedTest
    @CsvSource({"iso-8859-1", "utf-16le", "utf-16be", "utf-16", "windows-1252"})
    void pub7_theCharsetOfOthersIsHeeded(String charset) throws Exception {
        PgJmsMessage received = Transport.receive(OutgoingMessage.bytes("ä1".getBytes(charset))
                .contentType("text/plain; charset=" + charset)
                .build());
        assertThat(received.getBody(String.class)).isEqualTo("ä1");
        PgJmsMessage forwarded = Transport.roundTrip(received);
        assertThat(forwarded.getBody(String.class)).isEqualTo("ä1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"text/plain", "text/plain;charset=klingon", "text/plain;charset=utf-16be", "application/json"})
    void pub7_bytesThatAreNoTextAreNotLost(String contentType) throws Exception {
        byte[] bytes = {'a', (byte) 0xFF, 'b'};
        PgJmsMessage received = Transport.receive(
                OutgoingMessage.bytes(bytes).contentType(contentType).build());
        assertThat(received).isInstanceOf(BytesMessage.class);
        assertThat(received.getBody(byte[].class)).isEqualTo(bytes);
        assertThat(Transport.roundTrip(received).getBody(byte[].class)).isEqualTo(bytes);
    }

    @Test
    void pub7_whatJmsSendsIsTextForOthers() throws Exception {
        OutgoingMessage sent = Transport.send(new PgJmsTextMessage("grün")).content();
        assertThat(sent.contentType()).isEqualTo("text/plain");
        assertThat(sent.body()).isEqualTo("grün".getBytes(StandardCharsets.UTF_8));
        assertThat(sent.properties()).isEmpty();
        assertThat(Transport.send(new PgJmsTextMessage("\uD800")).content().contentType())
                .isEqualTo("text/plain;charset=utf-16be");
    }

    @Test
    void theContentTypeMayBeChosenAndSurvivesForwarding() throws Exception {
        PgJmsTextMessage message = new PgJmsTextMessage("{}");
        message.setStringProperty("JMS_PGQ_ContentType", "application/json");
        PgJmsSend send = Transport.send(message);
        assertThat(send.content().contentType()).isEqualTo("application/json");
        assertThat(send.content().properties()).isEmpty();
        PgJmsMessage received = Transport.receive(send, 1);
        assertThat(received.getStringProperty("JMS_PGQ_ContentType")).isEqualTo("application/json");
        assertThat(Transport.send(received).content().contentType()).isEqualTo("application/json");
        for (String unfit :
                new String[] {"application/octet-stream", "application/vnd.pgqueue.map", "text/plain;charset=latin1", ""
                }) {
            message.setStringProperty("JMS_PGQ_ContentType", unfit);
            assertThatThrownBy(() -> Transport.send(message))
                    .as(unfit)
                    .isInstanceOf(MessageFormatException.class)
                    .hasMessageContaining("JMS_PGQ_ContentType");
        }
    }

    @Test
    void lim5_aTextThatSaysItIsJsonNestsAtMost64Levels() throws Exception {
        PgJmsTextMessage message = new PgJmsTextMessage("[".repeat(65));
        assertThat(Transport.send(message).content().bodyBytes()).isEqualTo(65);
        message.setStringProperty("JMS_PGQ_ContentType", "application/json");
        assertThatThrownBy(() -> Transport.send(message))
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("level 65 opens after 64 bytes");
    }
}
