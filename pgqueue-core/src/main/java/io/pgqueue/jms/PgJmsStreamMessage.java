// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import jakarta.jms.MessageEOFException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotReadableException;
import jakarta.jms.StreamMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Values with their types, written one after another and read in that order after {@code reset()} or when received
 * (Jakarta Messaging 3.1, section 3.11.3). A read that fails leaves the pointer where it was.
 */
final class PgJmsStreamMessage extends PgJmsMessage implements StreamMessage {

    private final List<@Nullable Object> values;
    private int next;
    /** The rest of a byte[] that is being read in pieces. */
    private @Nullable ByteBuffer pieces;

    PgJmsStreamMessage() {
        this(new ArrayList<>());
    }

    /** The list is kept, not copied. */
    PgJmsStreamMessage(List<@Nullable Object> values) {
        this.values = values;
    }

    @Override
    void received() throws JMSException {
        super.received();
        reset();
    }

    @Override
    public void reset() {
        bodyReadOnly(true);
        next = 0;
        pieces = null;
    }

    @Override
    public void clearBody() throws JMSException {
        super.clearBody();
        values.clear();
        next = 0;
        pieces = null;
    }

    @Override
    public boolean readBoolean() throws JMSException {
        return read(PgJmsConversion::toBoolean);
    }

    @Override
    public byte readByte() throws JMSException {
        return read(PgJmsConversion::toByte);
    }

    @Override
    public short readShort() throws JMSException {
        return read(PgJmsConversion::toShort);
    }

    @Override
    public char readChar() throws JMSException {
        return read(PgJmsConversion::toChar);
    }

    @Override
    public int readInt() throws JMSException {
        return read(PgJmsConversion::toInt);
    }

    @Override
    public long readLong() throws JMSException {
        return read(PgJmsConversion::toLong);
    }

    @Override
    public float readFloat() throws JMSException {
        return read(PgJmsConversion::toFloat);
    }

    @Override
    public double readDouble() throws JMSException {
        return read(PgJmsConversion::toDouble);
    }

    @Override
    public @Nullable String readString() throws JMSException {
        String value = PgJmsConversion.toText(current());
        next++;
        return value;
    }

    /**
     * The next piece of a byte[]: a full array means that there may be more, -1 that the end was reached before or that
     * the field is null, 0 that the field is empty.
     */
    @Override
    public int readBytes(byte[] value) throws JMSException {
        ByteBuffer rest = pieces;
        if (rest == null) {
            Object field = peek();
            if (field == null) {
                next++;
                return -1;
            }
            if (!(field instanceof byte[] bytes)) {
                throw PgJmsConversion.unconvertible(field, "byte[]");
            }
            rest = ByteBuffer.wrap(bytes);
        } else if (!rest.hasRemaining()) {
            endOfPieces();
            return -1;
        }
        pieces = rest;
        int count = Math.min(value.length, rest.remaining());
        rest.get(value, 0, count);
        if (count < value.length) {
            endOfPieces();
        }
        return count;
    }

    @Override
    public @Nullable Object readObject() throws JMSException {
        Object value = PgJmsConversion.bodyValue(current());
        next++;
        return value;
    }

    @Override
    public void writeBoolean(boolean value) throws JMSException {
        write(value);
    }

    @Override
    public void writeByte(byte value) throws JMSException {
        write(value);
    }

    @Override
    public void writeShort(short value) throws JMSException {
        write(value);
    }

    @Override
    public void writeChar(char value) throws JMSException {
        write(value);
    }

    @Override
    public void writeInt(int value) throws JMSException {
        write(value);
    }

    @Override
    public void writeLong(long value) throws JMSException {
        write(value);
    }

    @Override
    public void writeFloat(float value) throws JMSException {
        write(value);
    }

    @Override
    public void writeDouble(double value) throws JMSException {
        write(value);
    }

    @Override
    public void writeString(@Nullable String value) throws JMSException {
        write(value);
    }

    @Override
    public void writeBytes(byte @Nullable [] value) throws JMSException {
        write(value);
    }

    @Override
    public void writeBytes(byte[] value, int offset, int length) throws JMSException {
        write(PgJmsConversion.range(value, offset, length));
    }

    @Override
    public void writeObject(@Nullable Object value) throws JMSException {
        write(value);
    }

    @Override
    PgJmsBody storedBody() {
        return new PgJmsBody(PgJmsBody.STREAM, PgJmsValues.encode(values));
    }

    /** A stream has no single value, empty or not (section 8.6). */
    @Override
    boolean hasNoBody() {
        return false;
    }

    @Override
    String kind() {
        return "StreamMessage";
    }

    private void write(@Nullable Object value) throws JMSException {
        checkBodyWriteable();
        values.add(PgJmsConversion.bodyValue(value));
    }

    /** The pointer moves only after the conversion succeeded. */
    private <T> T read(Conversion<T> conversion) throws JMSException {
        T value = conversion.convert(current());
        next++;
        return value;
    }

    private @Nullable Object current() throws JMSException {
        if (pieces != null) {
            throw new MessageFormatException(
                    "A byte[] is being read in pieces: call readBytes until it returns less than the array's length");
        }
        return peek();
    }

    private @Nullable Object peek() throws JMSException {
        if (!isBodyReadOnly()) {
            throw new MessageNotReadableException("The body is write-only: call reset() first");
        }
        if (next == values.size()) {
            throw new MessageEOFException("All " + next + " values of the stream have been read");
        }
        return values.get(next);
    }

    private void endOfPieces() {
        pieces = null;
        next++;
    }

    private interface Conversion<T> {
        T convert(@Nullable Object value) throws JMSException;
    }
}
