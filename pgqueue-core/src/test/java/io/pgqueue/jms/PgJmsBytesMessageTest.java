// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.OutgoingMessage;
import jakarta.jms.BytesMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageEOFException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotReadableException;
import jakarta.jms.MessageNotWriteableException;
import java.math.BigDecimal;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Jakarta Messaging 3.1, sections 3.11.2, 3.11.3 and 8.6. */
@NullUnmarked
class PgJmsBytesMessageTest {

    private final PgJmsBytesMessage message = new PgJmsBytesMessage();

    @Test
    void section_3_11_3_everyTypeComesBack() throws Exception {
        message.writeBoolean(true);
        message.writeByte((byte) -1);
        message.writeByte((byte) -1);
        message.writeShort((short) -2);
        message.writeShort((short) -2);
        message.writeChar('\uD800');
        message.writeInt(-3);
        message.writeLong(Long.MIN_VALUE);
        message.writeFloat(Float.NaN);
        message.writeDouble(-0.0);
        message.writeUTF("a\0ä\uD800");
        message.writeBytes(new byte[] {1, 2, 3});
        message.writeBytes(new byte[] {1, 2, 3}, 1, 2);
        BytesMessage received = Transport.roundTrip(message);
        assertThat(received.getBodyLength()).isEqualTo(1 + 2 + 4 + 2 + 4 + 8 + 4 + 8 + 2 + 8 + 5);
        assertThat(received.readBoolean()).isTrue();
        assertThat(received.readByte()).isEqualTo((byte) -1);
        assertThat(received.readUnsignedByte()).isEqualTo(255);
        assertThat(received.readShort()).isEqualTo((short) -2);
        assertThat(received.readUnsignedShort()).isEqualTo(65534);
        assertThat(received.readChar()).isEqualTo('\uD800');
        assertThat(received.readInt()).isEqualTo(-3);
        assertThat(received.readLong()).isEqualTo(Long.MIN_VALUE);
        assertThat(received.readFloat()).isNaN();
        assertThat(Double.doubleToRawLongBits(received.readDouble())).isEqualTo(Double.doubleToRawLongBits(-0.0));
        assertThat(received.readUTF()).isEqualTo("a\0ä\uD800");
        byte[] rest = new byte[8];
        assertThat(received.readBytes(rest)).isEqualTo(5);
        assertThat(rest).startsWith(1, 2, 3, 2, 3);
        assertThat(received.readBytes(rest)).isEqualTo(-1);
    }

    @Test
    void section_3_11_3_objectsAreWrittenAsTheirPrimitives() throws Exception {
        Object[] values = {true, (byte) 1, (short) 2, 'c', 3, 4L, 5f, 6d, "s", new byte[] {7}};
        for (Object value : values) {
            message.writeObject(value);
        }
        message.reset();
        assertThat(message.readBoolean()).isTrue();
        assertThat(message.readByte()).isEqualTo((byte) 1);
        assertThat(message.readShort()).isEqualTo((short) 2);
        assertThat(message.readChar()).isEqualTo('c');
        assertThat(message.readInt()).isEqualTo(3);
        assertThat(message.readLong()).isEqualTo(4);
        assertThat(message.readFloat()).isEqualTo(5);
        assertThat(message.readDouble()).isEqualTo(6);
        assertThat(message.readUTF()).isEqualTo("s");
        assertThat(message.readByte()).isEqualTo((byte) 7);
    }

    @Test
    void rule_28_otherObjectsAreRefused() {
        assertThatThrownBy(() -> message.writeObject(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> message.writeObject(BigDecimal.ONE)).isInstanceOf(MessageFormatException.class);
    }

    @Test
    void aTextBeyondWhatWriteUtfCountsIsRefusedAndWritesNothing() throws Exception {
        assertThatThrownBy(() -> message.writeUTF("a".repeat(65_536)))
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("65535");
        message.reset();
        assertThat(message.getBodyLength()).isZero();
    }

    @Test
    void rule_28_aReadThatFailsLeavesThePointer() throws Exception {
        message.writeByte((byte) 0);
        message.writeByte((byte) 9);
        message.writeByte((byte) 'x');
        message.reset();
        ThrowingCallable[] tooLong = {
            message::readInt, message::readLong, message::readFloat, message::readDouble, message::readUTF
        };
        for (ThrowingCallable read : tooLong) {
            assertThatThrownBy(read).isInstanceOf(MessageEOFException.class);
        }
        assertThat(message.readShort()).isEqualTo((short) 9);
        assertThatThrownBy(message::readChar).isInstanceOf(MessageEOFException.class);
        assertThat(message.readByte()).isEqualTo((byte) 'x');
        assertThatThrownBy(message::readByte).isInstanceOf(MessageEOFException.class);
        assertThatThrownBy(message::readBoolean).isInstanceOf(MessageEOFException.class);
    }

    @Test
    void rule_28_badUtfLeavesThePointer() throws Exception {
        message.writeShort((short) 1);
        message.writeByte((byte) 0xFF);
        message.reset();
        assertThatThrownBy(message::readUTF).isInstanceOf(MessageFormatException.class);
        assertThat(message.readShort()).isEqualTo((short) 1);
    }

    @Test
    void rule_29_modesOfANewMessage() throws Exception {
        assertThatThrownBy(message::readByte).isInstanceOf(MessageNotReadableException.class);
        assertThatThrownBy(message::getBodyLength).isInstanceOf(MessageNotReadableException.class);
        assertThatThrownBy(() -> message.readBytes(new byte[1])).isInstanceOf(MessageNotReadableException.class);
        message.reset();
        assertThat(message.getBodyLength()).isZero();
        assertThatThrownBy(() -> message.writeByte((byte) 1)).isInstanceOf(MessageNotWriteableException.class);
        message.clearBody();
        message.writeByte((byte) 1);
        assertThatThrownBy(message::readByte).isInstanceOf(MessageNotReadableException.class);
    }

    @Test
    void rule_29_modesOfAReceivedMessage() throws Exception {
        message.writeByte((byte) 1);
        PgJmsBytesMessage received = Transport.roundTrip(message);
        assertThatThrownBy(() -> received.writeByte((byte) 2)).isInstanceOf(MessageNotWriteableException.class);
        assertThat(received.readByte()).isEqualTo((byte) 1);
        received.reset();
        assertThat(received.readByte()).isEqualTo((byte) 1);
        received.clearBody();
        received.writeByte((byte) 2);
        received.reset();
        assertThat(received.readByte()).isEqualTo((byte) 2);
    }

    @Test
    void section_3_9_theSenderGoesOnWritingAfterASend() throws Exception {
        message.writeByte((byte) 1);
        PgJmsSend first = Transport.send(message);
        message.writeByte((byte) 2);
        PgJmsSend second = Transport.send(message);
        assertThat(Transport.receive(first, 1).getBody(byte[].class)).containsExactly(1);
        assertThat(Transport.receive(second, 1).getBody(byte[].class)).containsExactly(1, 2);
    }

    @Test
    void section_8_6_theBodyIsACopyAndTheMessageIsReset() throws Exception {
        message.writeBytes(new byte[] {1, 2});
        assertThat(message.isBodyAssignableTo(byte[].class)).isTrue();
        byte[] body = message.getBody(byte[].class);
        body[0] = 9;
        assertThat(message.readByte()).isEqualTo((byte) 1);
        assertThat((byte[]) message.getBody(Object.class)).containsExactly(1, 2);
        assertThat(message.readByte()).isEqualTo((byte) 1);
        assertThatThrownBy(() -> message.getBody(String.class)).isInstanceOf(MessageFormatException.class);
        assertThat(message.isBodyAssignableTo(Map.class)).isFalse();
    }

    @Test
    void section_8_6_noBytesAreNoBody() throws Exception {
        BytesMessage received = Transport.roundTrip(message);
        assertThat(received.getBodyLength()).isZero();
        assertThat((Object) received.getBody(Map.class)).isNull();
        assertThat(received.isBodyAssignableTo(Map.class)).isTrue();
    }

    @Test
    void readBytesChecksItsLength() throws Exception {
        message.writeBytes(new byte[] {1, 2, 3});
        message.reset();
        assertThatThrownBy(() -> message.readBytes(new byte[2], 3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> message.readBytes(new byte[2], -1)).isInstanceOf(IndexOutOfBoundsException.class);
        byte[] buffer = new byte[2];
        assertThat(message.readBytes(buffer, 1)).isEqualTo(1);
        assertThat(message.readBytes(buffer)).isEqualTo(2);
        assertThat(buffer).containsExactly(2, 3);
        assertThat(message.readBytes(buffer)).isEqualTo(-1);
    }

    @Test
    void pub7_anyContentTypeThatIsNoTextIsABytesMessage() throws Exception {
        byte[] png = {(byte) 0x89, 'P'};
        Message received = Transport.receive(
                OutgoingMessage.bytes(png).contentType("image/png").build());
        assertThat(received).isInstanceOf(BytesMessage.class);
        assertThat(received.getStringProperty("JMS_PGQ_ContentType")).isEqualTo("image/png");
        assertThat(Transport.send(received).content().contentType()).isEqualTo("image/png");
        OutgoingMessage sent = Transport.send(message).content();
        assertThat(sent.contentType()).isEqualTo("application/octet-stream");
        message.setStringProperty("JMS_PGQ_ContentType", "text/plain");
        assertThatThrownBy(() -> Transport.send(message)).isInstanceOf(MessageFormatException.class);
    }
}
