// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import jakarta.jms.MapMessage;
import jakarta.jms.MessageFormatException;
import jakarta.jms.StreamMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every cell of tables 3-2 (section 3.5.4) and 3-7 (section 3.11.3) of Jakarta Messaging 3.1, before and after transport.
 */
@NullUnmarked
class PgJmsConversionTest {

    /** Row = written as, column = read as; each x is allowed. */
    private static final String PROPERTIES = """
            set     boolean byte short int long float double String
            boolean x       .    .     .   .    .     .      x
            byte    .       x    x     x   x    .     .      x
            short   .       .    x     x   x    .     .      x
            int     .       .    .     x   x    .     .      x
            long    .       .    .     .   x    .     .      x
            float   .       .    .     .   .    x     x      x
            double  .       .    .     .   .    .     x      x
            String  x       x    x     x   x    x     x      x
            """;

    private static final String BODIES = """
            set     boolean byte short char int long float double String byte[]
            boolean x       .    .     .    .   .    .     .      x      .
            byte    .       x    x     .    x   x    .     .      x      .
            short   .       .    x     .    x   x    .     .      x      .
            char    .       .    .     x    .   .    .     .      x      .
            int     .       .    .     .    x   x    .     .      x      .
            long    .       .    .     .    .   x    .     .      x      .
            float   .       .    .     .    .   .    x     x      x      .
            double  .       .    .     .    .   .    .     x      x      .
            String  x       x    x     .    x   x    x     x      x      .
            byte[]  .       .    .     .    .   .    .     .      .      x
            """;

    private static final byte[] BYTES = {1, 2};

    private static final Map<String, Object> WRITTEN = Map.of(
            "boolean", true, "byte", (byte) 7, "short", (short) 7, "char", '7', "int", 7, "long", 7L, "float", 7f,
            "double", 7d, "String", "7", "byte[]", BYTES);

    private interface Read<M> {
        Object as(M message, String type) throws Exception;
    }

    @TestFactory
    Stream<DynamicTest> propertiesByTable3_2() throws Exception {
        return cells(
                PROPERTIES,
                (type, value) -> {
                    PgJmsMessage message = new PgJmsMessage();
                    message.setObjectProperty("p", value);
                    return List.of(message, Transport.roundTrip(message));
                },
                PgJmsConversionTest::property,
                64);
    }

    @TestFactory
    Stream<DynamicTest> mapEntriesByTable3_7() throws Exception {
        return cells(
                BODIES,
                (type, value) -> {
                    PgJmsMapMessage message = new PgJmsMapMessage();
                    message.setObject("p", value);
                    return List.of(message, Transport.roundTrip(message));
                },
                PgJmsConversionTest::entry,
                100);
    }

    @TestFactory
    Stream<DynamicTest> streamValuesByTable3_7() throws Exception {
        return cells(
                BODIES,
                (type, value) -> {
                    PgJmsStreamMessage message = new PgJmsStreamMessage();
                    message.writeObject(value);
                    PgJmsStreamMessage received = Transport.roundTrip(message);
                    message.reset();
                    return List.of(message, received);
                },
                PgJmsConversionTest::next,
                100);
    }

    private interface Make<M> {
        List<M> of(String type, Object value) throws Exception;
    }

    private static <M> Stream<DynamicTest> cells(String table, Make<M> make, Read<M> read, int expectedCells) {
        List<DynamicTest> tests = new ArrayList<>();
        List<String[]> rows = table.lines().map(line -> line.trim().split(" +")).toList();
        String[] columns = rows.get(0);
        for (String[] row : rows.subList(1, rows.size())) {
            for (int c = 1; c < columns.length; c++) {
                String from = row[0];
                String to = columns[c];
                boolean allowed = row[c].equals("x");
                tests.add(dynamicTest(from + " as " + to + (allowed ? "" : " refused"), () -> {
                    for (M message : make.of(from, WRITTEN.get(from))) {
                        if (allowed) {
                            assertThat(read.as(message, to)).isEqualTo(expected(from, to));
                        } else {
                            assertThatThrownBy(() -> read.as(message, to)).isInstanceOf(MessageFormatException.class);
                        }
                    }
                }));
            }
        }
        assertThat(tests).hasSize(expectedCells);
        return tests.stream();
    }

    private static Object expected(String from, String to) {
        return switch (to) {
            case "boolean" -> from.equals("boolean");
            case "byte" -> (byte) 7;
            case "short" -> (short) 7;
            case "char" -> '7';
            case "int" -> 7;
            case "long" -> 7L;
            case "float" -> 7f;
            case "double" -> 7d;
            case "byte[]" -> BYTES;
            default ->
                switch (from) {
                    case "boolean" -> "true";
                    case "float", "double" -> "7.0";
                    default -> "7";
                };
        };
    }

    private static Object property(PgJmsMessage message, String type) throws Exception {
        return switch (type) {
            case "boolean" -> message.getBooleanProperty("p");
            case "byte" -> message.getByteProperty("p");
            case "short" -> message.getShortProperty("p");
            case "int" -> message.getIntProperty("p");
            case "long" -> message.getLongProperty("p");
            case "float" -> message.getFloatProperty("p");
            case "double" -> message.getDoubleProperty("p");
            default -> message.getStringProperty("p");
        };
    }

    private static Object entry(MapMessage message, String type) throws Exception {
        return switch (type) {
            case "boolean" -> message.getBoolean("p");
            case "byte" -> message.getByte("p");
            case "short" -> message.getShort("p");
            case "char" -> message.getChar("p");
            case "int" -> message.getInt("p");
            case "long" -> message.getLong("p");
            case "float" -> message.getFloat("p");
            case "double" -> message.getDouble("p");
            case "byte[]" -> message.getBytes("p");
            default -> message.getString("p");
        };
    }

    private static Object next(StreamMessage message, String type) throws Exception {
        return switch (type) {
            case "boolean" -> message.readBoolean();
            case "byte" -> message.readByte();
            case "short" -> message.readShort();
            case "char" -> message.readChar();
            case "int" -> message.readInt();
            case "long" -> message.readLong();
            case "float" -> message.readFloat();
            case "double" -> message.readDouble();
            case "byte[]" -> {
                byte[] buffer = new byte[8];
                yield Arrays.copyOf(buffer, message.readBytes(buffer)).length == 0 ? null : BYTES;
            }
            default -> message.readString();
        };
    }

    @Test
    void section_3_5_4_aTextThatIsNoNumberIsANumberFormatException() throws Exception {
        PgJmsMessage message = new PgJmsMessage();
        message.setStringProperty("p", "seven");
        for (String type : List.of("byte", "short", "int", "long", "float", "double")) {
            assertThatThrownBy(() -> property(message, type)).as(type).isInstanceOf(NumberFormatException.class);
        }
        assertThat(message.getBooleanProperty("p")).isFalse();
        message.setStringProperty("p", "TRUE");
        assertThat(message.getBooleanProperty("p")).isTrue();
    }

    @Test
    void section_3_11_3_nullIsReadAsValueOfNull() throws Exception {
        Map<String, Class<?>> errors = new LinkedHashMap<>();
        for (String type : List.of("byte", "short", "int", "long")) {
            errors.put(type, NumberFormatException.class);
        }
        errors.put("float", NullPointerException.class);
        errors.put("double", NullPointerException.class);
        PgJmsMessage properties = new PgJmsMessage();
        properties.setObjectProperty("p", null);
        PgJmsMapMessage map = new PgJmsMapMessage();
        map.setObject("p", null);
        PgJmsStreamMessage stream = new PgJmsStreamMessage();
        stream.writeObject(null);
        stream.reset();
        errors.forEach((type, error) -> {
            assertThatThrownBy(() -> property(properties, type)).as(type).isInstanceOf(error);
            assertThatThrownBy(() -> property(new PgJmsMessage(), type))
                    .as(type)
                    .isInstanceOf(error);
            assertThatThrownBy(() -> entry(map, type)).as(type).isInstanceOf(error);
            assertThatThrownBy(() -> next(stream, type)).as(type).isInstanceOf(error);
        });
        assertThatThrownBy(() -> map.getChar("p")).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(stream::readChar).isInstanceOf(NullPointerException.class);
        assertThat(properties.getBooleanProperty("p")).isFalse();
        assertThat(properties.getStringProperty("p")).isNull();
        assertThat(properties.getObjectProperty("p")).isNull();
        assertThat(map.getBoolean("p")).isFalse();
        assertThat(map.getString("p")).isNull();
        assertThat(map.getBytes("p")).isNull();
        assertThat(stream.readBoolean()).isFalse();
    }
}
