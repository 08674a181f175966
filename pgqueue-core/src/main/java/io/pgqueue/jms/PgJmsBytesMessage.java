// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.MessageEOFException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotReadableException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Bytes, written first and read after {@code reset()} or when received (Jakarta Messaging 3.1, section 3.11.3). A read
 * that fails leaves the pointer where it was.
 */
final class PgJmsBytesMessage extends PgJmsMessage implements BytesMessage {

    private static final byte[] NOTHING = {};

    private final ByteArrayOutputStream written = new ByteArrayOutputStream(0);
    private final DataOutputStream out = new DataOutputStream(written);
    private ByteBuffer in = ByteBuffer.wrap(NOTHING);

    PgJmsBytesMessage() {}

    /** To be read; the array is kept, not copied. */
    PgJmsBytesMessage(byte[] bytes) {
        in = ByteBuffer.wrap(bytes);
        bodyReadOnly(true);
    }

    @Override
    void received() throws JMSException {
        reset();
        super.received();
    }

    @Override
    public void reset() {
        if (isBodyReadOnly()) {
            in.rewind();
        } else {
            in = ByteBuffer.wrap(written.toByteArray());
            written.reset();
            bodyReadOnly(true);
        }
    }

    @Override
    public void clearBody() throws JMSException {
        super.clearBody();
        written.reset();
        in = ByteBuffer.wrap(NOTHING);
    }

    @Override
    public long getBodyLength() throws JMSException {
        checkReadable();
        return in.capacity();
    }

    @Override
    public boolean readBoolean() throws JMSException {
        return readable(1).get() != 0;
    }

    @Override
    public byte readByte() throws JMSException {
        return readable(1).get();
    }

    @Override
    public int readUnsignedByte() throws JMSException {
        return Byte.toUnsignedInt(readable(1).get());
    }

    @Override
    public short readShort() throws JMSException {
        return readable(Short.BYTES).getShort();
    }

    @Override
    public int readUnsignedShort() throws JMSException {
        return Short.toUnsignedInt(readable(Short.BYTES).getShort());
    }

    @Override
    public char readChar() throws JMSException {
        return readable(Character.BYTES).getChar();
    }

    @Override
    public int readInt() throws JMSException {
        return readable(Integer.BYTES).getInt();
    }

    @Override
    public long readLong() throws JMSException {
        return readable(Long.BYTES).getLong();
    }

    @Override
    public float readFloat() throws JMSException {
        return readable(Float.BYTES).getFloat();
    }

    @Override
    public double readDouble() throws JMSException {
        return readable(Double.BYTES).getDouble();
    }

    @Override
    public String readUTF() throws JMSException {
        int length = Short.toUnsignedInt(readable(Short.BYTES).getShort(in.position()));
        readable(Short.BYTES + length);
        try {
            String text = new DataInputStream(new ByteArrayInputStream(in.array(), in.position(), Short.BYTES + length))
                    .readUTF();
            in.position(in.position() + Short.BYTES + length);
            return text;
        } catch (UTFDataFormatException e) {
            throw PgJmsErrors.withCause(
                    new MessageFormatException("The bytes at the pointer are no modified UTF-8"), e);
        } catch (IOException e) {
            throw impossible(e);
        }
    }

    @Override
    public int readBytes(byte[] value) throws JMSException {
        return readBytes(value, value.length);
    }

    @Override
    public int readBytes(byte[] value, int length) throws JMSException {
        if (length < 0 || length > value.length) {
            throw new IndexOutOfBoundsException(
                    "length is " + length + ", must be 0 to " + value.length + ", the length of the array");
        }
        checkReadable();
        if (!in.hasRemaining()) {
            return -1;
        }
        int count = Math.min(length, in.remaining());
        in.get(value, 0, count);
        return count;
    }

    @Override
    public void writeBoolean(boolean value) throws JMSException {
        writeByte((byte) (value ? 1 : 0));
    }

    @Override
    public void writeByte(byte value) throws JMSException {
        checkBodyWriteable();
        written.write(value);
    }

    @Override
    public void writeShort(short value) throws JMSException {
        write(() -> out.writeShort(value));
    }

    @Override
    public void writeChar(char value) throws JMSException {
        write(() -> out.writeChar(value));
    }

    @Override
    public void writeInt(int value) throws JMSException {
        write(() -> out.writeInt(value));
    }

    @Override
    public void writeLong(long value) throws JMSException {
        write(() -> out.writeLong(value));
    }

    @Override
    public void writeFloat(float value) throws JMSException {
        write(() -> out.writeFloat(value));
    }

    @Override
    public void writeDouble(double value) throws JMSException {
        write(() -> out.writeDouble(value));
    }

    /** @throws MessageFormatException above 65535 bytes of modified UTF-8, which is all this format can count */
    @Override
    public void writeUTF(String value) throws JMSException {
        write(() -> out.writeUTF(value));
    }

    @Override
    public void writeBytes(byte[] value) throws JMSException {
        writeBytes(value, 0, value.length);
    }

    @Override
    public void writeBytes(byte[] value, int offset, int length) throws JMSException {
        write(() -> out.write(value, offset, length));
    }

    /** @throws NullPointerException if the value is null */
    @Override
    public void writeObject(@Nullable Object value) throws JMSException {
        if (value == null) {
            throw new NullPointerException("The value is null, which a BytesMessage cannot hold");
        }
        if (value instanceof byte[] bytes) {
            writeBytes(bytes);
        } else if (value instanceof String text) {
            writeUTF(text);
        } else if (value instanceof Character c) {
            writeChar(c);
        } else if (value instanceof Boolean b) {
            writeBoolean(b);
        } else if (value instanceof Byte b) {
            writeByte(b);
        } else if (value instanceof Short s) {
            writeShort(s);
        } else if (value instanceof Integer i) {
            writeInt(i);
        } else if (value instanceof Long l) {
            writeLong(l);
        } else if (value instanceof Float f) {
            writeFloat(f);
        } else if (value instanceof Double d) {
            writeDouble(d);
        } else {
            PgJmsConversion.bodyValue(value);
        }
    }

    @Override
    PgJmsBody storedBody() {
        return new PgJmsBody(PgJmsBody.BYTES, bytes());
    }

    @Override
    boolean takes(String contentType) {
        return !PgJmsText.isText(contentType) && !PgJmsBody.isStructured(contentType);
    }

    @Override
    Class<?> bodyType() {
        return byte[].class;
    }

    /** Leaves the message reset, as the API asks for (Message.getBody). */
    @Override
    Object body() {
        reset();
        return in.array().clone();
    }

    @Override
    boolean hasNoBody() {
        return (isBodyReadOnly() ? in.capacity() : written.size()) == 0;
    }

    @Override
    String kind() {
        return "BytesMessage";
    }

    /** Never changed after it was handed out: writing goes to another array. */
    private byte[] bytes() {
        return isBodyReadOnly() ? in.array() : written.toByteArray();
    }

    private void checkReadable() throws MessageNotReadableException {
        if (!isBodyReadOnly()) {
            throw new MessageNotReadableException("The body is write-only: call reset() first");
        }
    }

    private ByteBuffer readable(int count) throws JMSException {
        checkReadable();
        if (in.remaining() < count) {
            throw new MessageEOFException(
                    "The body has " + in.remaining() + " more bytes, " + count + " are needed for this type");
        }
        return in;
    }

    private void write(Write write) throws JMSException {
        checkBodyWriteable();
        try {
            write.run();
        } catch (UTFDataFormatException e) {
            throw PgJmsErrors.withCause(
                    new MessageFormatException(
                            "The text has more than 65535 bytes in modified UTF-8: use writeBytes, a "
                                    + "TextMessage or a MapMessage"),
                    e);
        } catch (IOException e) {
            throw impossible(e);
        }
    }

    private static IllegalStateException impossible(IOException e) {
        return new IllegalStateException("An array in memory failed", e);
    }

    private interface Write {
        void run() throws IOException;
    }
}
