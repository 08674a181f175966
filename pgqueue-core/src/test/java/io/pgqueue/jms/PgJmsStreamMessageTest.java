// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.OutgoingMessage;
import jakarta.jms.BytesMessage;
import jakarta.jms.MessageEOFException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotReadableException;
import jakarta.jms.MessageNotWriteableException;
import java.math.BigDecimal;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Jakarta Messaging 3.1, sections 3.11.3 and 8.6. */
@NullUnmarked
class PgJmsStreamMessageTest {

    private final PgJmsStreamMessage message = new PgJmsStreamMessage();

    @ParameterizedTest
    @MethodSource("io.pgqueue.jms.PgJmsMapMessageTest#values")
    void rule_27_valuesKeepTheirExactType(Object value) throws Exception {
        message.writeObject(value);
        message.writeInt(1);
        PgJmsStreamMessage received = Transport.roundTrip(message);
        assertThat(received.readObject()).isEqualTo(value).hasSameClassAs(value);
        assertThat(received.readInt()).isEqualTo(1);
        assertThatThrownBy(received::readInt).isInstanceOf(MessageEOFException.class);
    }

    @Test
    void rule_28_aReadThatFailsLeavesThePointer() throws Exception {
        message.writeString("seven");
        message.writeObject(null);
        PgJmsStreamMessage received = Transport.roundTrip(message);
        assertThatThrownBy(received::readInt).isInstanceOf(NumberFormatException.class);
        assertThatThrownBy(received::readChar).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> received.readBytes(new byte[1])).isInstanceOf(MessageFormatException.class);
        assertThat(received.readString()).isEqualTo("seven");
        assertThatThrownBy(received::readChar).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(received::readLong).isInstanceOf(NumberFormatException.class);
        assertThat(received.readObject()).isNull();
        assertThatThrownBy(received::readObject).isInstanceOf(MessageEOFException.class);
        assertThatThrownBy(() -> received.readBytes(new byte[1])).isInstanceOf(MessageEOFException.class);
        received.reset();
        assertThat(received.readString()).isEqualTo("seven");
    }

    @Test
    void rule_28_aFieldIsReadInPieces() throws Exception {
        message.writeBytes(new byte[] {1, 2, 3, 4, 5});
        message.writeInt(7);
        message.reset();
        byte[] buffer = new byte[2];
        assertThat(message.readBytes(buffer)).isEqualTo(2);
        assertThat(buffer).containsExactly(1, 2);
        assertThatThrownBy(message::readInt).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(message::readObject).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(message::readString).isInstanceOf(MessageFormatException.class);
        assertThat(message.readBytes(buffer)).isEqualTo(2);
        assertThat(message.readBytes(buffer)).isEqualTo(1);
        assertThat(buffer).containsExactly(5, 4);
        assertThat(message.readInt()).isEqualTo(7);
    }

    @Test
    void rule_28_aFullBufferAsksForOneMoreCall() throws Exception {
        message.writeBytes(new byte[] {1, 2});
        message.writeBytes(new byte[] {3});
        message.reset();
        byte[] buffer = new byte[2];
        assertThat(message.readBytes(buffer)).isEqualTo(2);
        assertThatThrownBy(message::readObject).isInstanceOf(MessageFormatException.class);
        assertThat(message.readBytes(buffer)).isEqualTo(-1);
        assertThat(message.readBytes(buffer)).isEqualTo(1);
        assertThat(buffer[0]).isEqualTo((byte) 3);
        assertThatThrownBy(() -> message.readBytes(buffer)).isInstanceOf(MessageEOFException.class);
    }

    @Test
    void rule_28_anEmptyFieldIs0AndANullField_1() throws Exception {
        message.writeBytes(new byte[0]);
        message.writeBytes(null);
        message.writeInt(7);
        PgJmsStreamMessage received = Transport.roundTrip(message);
        assertThat(received.readBytes(new byte[2])).isZero();
        assertThat(received.readBytes(new byte[2])).isEqualTo(-1);
        assertThat(received.readInt()).isEqualTo(7);
    }

    @Test
    void resetEndsReadingInPieces() throws Exception {
        message.writeBytes(new byte[] {1, 2, 3});
        message.reset();
        message.readBytes(new byte[1]);
        message.reset();
        assertThat((byte[]) message.readObject()).containsExactly(1, 2, 3);
    }

    @Test
    void rule_29_modes() throws Exception {
        assertThatThrownBy(message::readInt).isInstanceOf(MessageNotReadableException.class);
        assertThatThrownBy(() -> message.readBytes(new byte[1])).isInstanceOf(MessageNotReadableException.class);
        message.writeInt(1);
        message.reset();
        assertThatThrownBy(() -> message.writeInt(2)).isInstanceOf(MessageNotWriteableException.class);
        PgJmsStreamMessage received = Transport.roundTrip(message);
        assertThatThrownBy(() -> received.writeInt(2)).isInstanceOf(MessageNotWriteableException.class);
        received.clearBody();
        assertThatThrownBy(received::readInt).isInstanceOf(MessageNotReadableException.class);
        received.writeInt(2);
        received.reset();
        assertThat(received.readInt()).isEqualTo(2);
    }

    @Test
    void rule_30_bytesAreCopiedBothWays() throws Exception {
        byte[] bytes = {1, 2, 3};
        message.writeBytes(bytes);
        message.writeObject(bytes);
        message.writeBytes(bytes, 1, 2);
        assertThatThrownBy(() -> message.writeBytes(bytes, 2, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        bytes[1] = 9;
        message.reset();
        ((byte[]) message.readObject())[0] = 9;
        assertThat((byte[]) message.readObject()).containsExactly(1, 2, 3);
        assertThat((byte[]) message.readObject()).containsExactly(2, 3);
        message.reset();
        assertThat((byte[]) message.readObject()).containsExactly(1, 2, 3);
    }

    @Test
    void otherObjectsAreRefused() {
        assertThatThrownBy(() -> message.writeObject(BigDecimal.ONE)).isInstanceOf(MessageFormatException.class);
    }

    @Test
    void section_8_6_aStreamHasNoSingleBody() throws Exception {
        assertThat(message.isBodyAssignableTo(Object.class)).isFalse();
        assertThatThrownBy(() -> message.getBody(Object.class)).isInstanceOf(MessageFormatException.class);
    }

    @Test
    void theStoredFormIsTheOneInTheManual() throws Exception {
        message.writeBoolean(true);
        message.writeString("ä");
        message.writeObject(null);
        OutgoingMessage sent = Transport.send(message).content();
        assertThat(sent.contentType()).isEqualTo("application/vnd.pgqueue.stream");
        assertThat(sent.body()).containsExactly(1, 'T', 'U', 0, 0, 0, 2, 0xC3, 0xA4, '0');
    }

    @Test
    void aBodyOfAnUnknownFormatComesAsBytes() throws Exception {
        PgJmsMessage received = Transport.receive(OutgoingMessage.bytes(new byte[] {2, 'T'})
                .contentType("application/vnd.pgqueue.stream")
                .build());
        assertThat(received).isInstanceOf(BytesMessage.class);
        assertThat(received.getBody(byte[].class)).containsExactly(2, 'T');
    }
}
