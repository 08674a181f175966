// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.OutgoingMessage;
import jakarta.jms.BytesMessage;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;

/** Jakarta Messaging 3.1, sections 3.11.3 and 8.6. */
@NullUnmarked
class PgJmsMapMessageTest {

    private final PgJmsMapMessage message = new PgJmsMapMessage();

    static List<Object> values() {
        return List.of(
                true,
                false,
                Byte.MIN_VALUE,
                Short.MIN_VALUE,
                Character.MAX_VALUE,
                '\0',
                '\uD800',
                Integer.MIN_VALUE,
                -1,
                Long.MIN_VALUE,
                -1L,
                Float.NaN,
                Float.MIN_VALUE,
                -0.0f,
                Float.NEGATIVE_INFINITY,
                Double.NaN,
                Double.MIN_VALUE,
                -0.0,
                Double.POSITIVE_INFINITY,
                "",
                "a\0b",
                "\uDC00 alone",
                "€😀",
                "x".repeat(100_000),
                new byte[0],
                new byte[] {-1, 0, 1});
    }

    @ParameterizedTest
    @MethodSource("values")
    void rule_27_valuesKeepTheirExactType(Object value) throws Exception {
        message.setObject("v", value);
        message.setObject("after", 1);
        PgJmsMapMessage received = Transport.roundTrip(message);
        assertThat(received.getObject("v")).isEqualTo(value).hasSameClassAs(value);
        assertThat(received.getInt("after")).isEqualTo(1);
    }

    @Test
    void theOtherBitsOfANaNSurvive() throws Exception {
        message.setDouble("d", Double.longBitsToDouble(0x7FF8_0000_0000_0001L));
        assertThat(Double.doubleToRawLongBits(Transport.roundTrip(message).getDouble("d")))
                .isEqualTo(0x7FF8_0000_0000_0001L);
    }

    @Test
    void section_3_11_3_namesAndOrderSurvive() throws Exception {
        message.setInt("z", 1);
        message.setString("a b.c-", "any text is a name");
        message.setObject("nothing", null);
        message.setInt("\0\uD800", 2);
        PgJmsMapMessage received = Transport.roundTrip(message);
        assertThat(Collections.list(received.getMapNames())).containsExactly("z", "a b.c-", "nothing", "\0\uD800");
        assertThat(received.itemExists("nothing")).isTrue();
        assertThat(received.getObject("nothing")).isNull();
        assertThat(received.itemExists("absent")).isFalse();
        assertThat(received.getString("absent")).isNull();
    }

    @ParameterizedTest
    @NullAndEmptySource
    void rule_28_aNameMustBeGiven(String name) {
        assertThatThrownBy(() -> message.setInt(name, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> message.setObject(name, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> message.setBytes(name, new byte[1], 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void otherObjectsAreRefused() {
        assertThatThrownBy(() -> message.setObject("v", BigDecimal.ONE)).isInstanceOf(MessageFormatException.class);
        assertThatThrownBy(() -> message.setObject("v", new Byte[0])).isInstanceOf(MessageFormatException.class);
    }

    @Test
    void rule_30_bytesAreCopiedBothWays() throws Exception {
        byte[] bytes = {1, 2, 3};
        message.setBytes("b", bytes);
        message.setBytes("part", bytes, 1, 2);
        bytes[0] = 9;
        message.getBytes("b")[0] = 9;
        ((byte[]) message.getObject("b"))[0] = 9;
        ((byte[]) message.getBody(Map.class).get("b"))[0] = 9;
        assertThat(message.getBytes("b")).containsExactly(1, 2, 3);
        assertThat(message.getBytes("part")).containsExactly(2, 3);
        assertThatThrownBy(() -> message.setBytes("part", bytes, 2, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void section_3_11_2_aReceivedBodyIsReadOnlyUntilCleared() throws Exception {
        message.setInt("a", 1);
        PgJmsMapMessage received = Transport.roundTrip(message);
        assertThatThrownBy(() -> received.setInt("a", 2)).isInstanceOf(MessageNotWriteableException.class);
        received.clearBody();
        assertThat(received.itemExists("a")).isFalse();
        received.setInt("a", 2);
        assertThat(received.getInt("a")).isEqualTo(2);
    }

    @Test
    void section_8_6_theBodyIsAMap() throws Exception {
        message.setInt("a", 1);
        Map<?, ?> body = message.getBody(Map.class);
        assertThat(body).isEqualTo(Map.of("a", 1));
        assertThat(message.getBody(Object.class)).isEqualTo(Map.of("a", 1));
        assertThatThrownBy(() -> message.getBody(HashMap.class)).isInstanceOf(MessageFormatException.class);
        assertThat(message.isBodyAssignableTo(Map.class)).isTrue();
        assertThat(message.isBodyAssignableTo(HashMap.class)).isFalse();
        message.clearBody();
        assertThat(message.getBody(String.class)).isNull();
        assertThat(message.isBodyAssignableTo(String.class)).isTrue();
    }

    @Test
    void theStoredFormIsTheOneInTheManual() throws Exception {
        message.setInt("n", 7);
        assertThat(Transport.send(message).content().contentType()).isEqualTo("application/vnd.pgqueue.map");
        assertThat(Transport.send(message).content().body()).containsExactly(1, 'U', 0, 0, 0, 1, 'n', 'I', 0, 0, 0, 7);
    }

    /** Cut anywhere or with any byte changed, it is a message or bytes, but no error and no giant allocation. */
    @Test
    void aDamagedBodyComesAsBytes() throws Exception {
        message.setString("name", "value");
        message.setBytes("b", new byte[] {1, 2});
        message.setLong("l", 1);
        byte[] stored = Transport.send(message).content().body();
        int asBytes = 0;
        for (int cut = 0; cut < stored.length; cut++) {
            asBytes += received(Arrays.copyOf(stored, cut)) instanceof BytesMessage ? 1 : 0;
            for (byte other : new byte[] {0, -1, 127, 'X', 'U', 'W', '0'}) {
                byte[] changed = stored.clone();
                changed[cut] = other;
                received(changed);
            }
        }
        // Whole entries before the cut are a map; there are three places where one ends.
        assertThat(asBytes).isEqualTo(stored.length - 3);
    }

    private static PgJmsMessage received(byte[] body) throws Exception {
        return Transport.receive(OutgoingMessage.bytes(body)
                .contentType("application/vnd.pgqueue.map")
                .build());
    }
}
