// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.MessageTooLargeException;
import io.pgqueue.OutgoingMessage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PropertiesCodecTest {

    private static final Object[] EXTREMES = {
        true,
        false,
        Byte.MIN_VALUE,
        Short.MAX_VALUE,
        Integer.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        0L,
        Double.MAX_VALUE,
        Double.MIN_VALUE,
        -0.0,
        0.0,
        1.0,
        1e300,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        1.1f,
        -0.0f,
        Float.NaN,
        Float.NEGATIVE_INFINITY,
        Float.MIN_VALUE,
        Float.MAX_VALUE,
        "",
        "\"\\\n\t\r\b\f/\u0001\u001f\u007f\u2028",
        "a\0b",
        "\uD800",
        "\uDC00\uD800",
        "\uD83D\uDE00 smile",
        "null",
        "#t",
        "AAAA"
    };

    @Test
    void everyTypeAndExtremeComesBackAsItWas() {
        for (Object value : EXTREMES) {
            assertRoundTrip(Map.of("p", value));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ü", "名前", "$", "_", "\uD835\uDD4F", "JMSXGroupID", "a1"})
    void namesAreAnyJavaIdentifier(String name) {
        assertRoundTrip(Map.of(name, 1.5f, name + "2", "\0"));
    }

    @Test
    void randomPropertiesComeBackAsTheyWere() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            Map<String, Object> properties = new LinkedHashMap<>();
            for (int n = random.nextInt(12); n > 0; n--) {
                properties.put("p" + random.nextInt(50), value(random));
            }
            assertThat(PropertiesCodec.decode(PropertiesCodec.encode(properties, Set.of())))
                    .as("seed %d", seed)
                    .isEqualTo(properties);
        }
    }

    @Test
    void whatSqlPublishedHasLongsAndDoubles() {
        assertThat(
                        PropertiesCodec.decode(
                                " { \"i\" : 1, \"d\": 1.50, \"e\": 1e3, \"big\": 9223372036854775808, \"t\": true, \"s\": \"x\" } "))
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("i", 1L, "d", 1.5, "e", 1000.0, "big", 9.223372036854775808e18, "t", true, "s", "x"));
    }

    /** Of a row that was changed by hand everything that can be read is, and nothing is thrown. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{'p': [1, {'q': 2}]}         | [1, {'q': 2}]",
                "{'p': {'q': [2]}}            | {'q': [2]}",
                "{'p': 1, '#t': {'p': 5}}     | 1",
                "{'p': 1, '#t': {'p': 'x'}}   | 1",
                "{'p': 300, '#t': {'p': 'b'}} | 300",
                "{'p': true, '#t': {'p': '!'}} | true",
                "{'p': 'y', '#t': {'p': '!'}} | y",
                "{'p': 1, '#t': [1]}          | 1",
                "{'p': 1, '#r': 'x'}          | 1",
                "{'p': 'y', '#r': {'p': ['d']}} | y",
                "{'p': 1.5, '#r': {'p': 'd'}, '#t': {'p': 'x'}} | 1.5",
            })
    void whatIsDamagedComesAsItsJsonSays(String json, String value) {
        assertThat(PropertiesCodec.decode(json.replace('\'', '"').replaceFirst("^\\{", "{\"first\": 1, ")))
                .hasEntrySatisfying("p", p -> assertThat(p).hasToString(value.replace('\'', '"')))
                .containsEntry("first", 1L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[1]", "\"x\"", "5", "null", "true"})
    void whatIsNoObjectHasNoProperties(String json) {
        assertThat(PropertiesCodec.decode(json)).isEmpty();
    }

    @Test
    void noPropertiesAreNull() {
        assertThat(PropertiesCodec.encode(Map.of(), Set.of())).isNull();
        assertThat(PropertiesCodec.decode(null)).isEmpty();
    }

    @Test
    void above32KibIsRefused() {
        assertThat(PropertiesCodec.encode(Map.of("p", "x".repeat(32 * 1024 - 8)), Set.of()))
                .isNotNull();
        assertThatThrownBy(() -> PropertiesCodec.encode(Map.of("p", "x".repeat(32 * 1024 - 7)), Set.of()))
                .isInstanceOf(MessageTooLargeException.class)
                .hasMessageContaining("32769 bytes")
                .hasMessageContaining("32768");
    }

    /** The check before a list is published encodes only what may be too large, by an estimate that is never too low. */
    @ParameterizedTest
    @ValueSource(strings = {"x", "\u0001", "\\", "\uD800", "\u20ac", "\0"})
    void theCheckBeforehandOverlooksNothing(String character) {
        int longest = 0;
        for (int step = 1 << 15; step > 0; step >>= 1) {
            if (!isTooLarge(character.repeat(longest + step))) {
                longest += step;
            }
        }
        PropertiesCodec.checkSize(message(character.repeat(longest)));
        OutgoingMessage tooLarge = message(character.repeat(longest + 1));
        assertThatThrownBy(() -> PropertiesCodec.checkSize(tooLarge)).isInstanceOf(MessageTooLargeException.class);
    }

    private static OutgoingMessage message(String text) {
        return OutgoingMessage.empty().property("name", text).build();
    }

    private static boolean isTooLarge(String text) {
        try {
            PropertiesCodec.encode(message(text));
            return false;
        } catch (MessageTooLargeException e) {
            return true;
        }
    }

    private static void assertRoundTrip(Map<String, Object> properties) {
        assertThat(PropertiesCodec.decode(PropertiesCodec.encode(properties, Set.of())))
                .as("%s", properties)
                .isEqualTo(properties);
    }

    private static Object value(Random random) {
        return switch (random.nextInt(7)) {
            case 0 -> random.nextLong();
            case 1 -> Double.longBitsToDouble(random.nextLong());
            case 2 -> Float.intBitsToFloat(random.nextInt());
            case 3 -> random.nextInt();
            case 4 -> (byte) random.nextInt();
            case 5 ->
                random.ints(random.nextInt(20), 0, 0x10000)
                        .collect(StringBuilder::new, (s, c) -> s.append((char) c), StringBuilder::append)
                        .toString();
            default -> EXTREMES[random.nextInt(EXTREMES.length)];
        };
    }
}
