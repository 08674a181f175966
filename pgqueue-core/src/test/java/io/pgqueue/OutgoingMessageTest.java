// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutgoingMessageTest {

    private final OutgoingMessage.Builder message = OutgoingMessage.text("x");

    @Test
    void rangesAreCheckedWithValueAndRule() {
        invalid(message.priority(10), "priority is 10, must be 0 to 9");
        invalid(message.priority(-1), "priority is -1, must be 0 to 9");
        message.priority(9);
        invalid(message.delay(Duration.ofDays(366).plusMillis(1)), "delay is PT8784H0.001S, must be PT0S to PT8784H");
        invalid(message.delay(Duration.ofMillis(-1)), "delay is PT-0.001S");
        message.delay(Duration.ofDays(366));
        invalid(message.timeToLive(Duration.ofMillis(-1)), "timeToLive is PT-0.001S, must be zero");
        invalid(message.timeToLive(Duration.ofDays(366)), "must be longer than the delay, which is PT8784H");
        message.timeToLive(Duration.ofDays(367)).build();
        invalid(message.deliverAt(Instant.EPOCH), "must be absent when deliverAt is given");
    }

    @Test
    void headersAreShortAndStorable() {
        String longest = "x".repeat(255);
        message.group(longest)
                .correlationId(longest)
                .replyTo(longest)
                .type(longest)
                .contentType(longest)
                .build();
        invalid(OutgoingMessage.text("x").group(longest + "x"), "group is 256 characters long, must be at most 255");
        invalid(OutgoingMessage.text("x").correlationId(longest + "x"), "correlationId is 256");
        invalid(OutgoingMessage.text("x").replyTo(longest + "x"), "replyTo is 256");
        invalid(OutgoingMessage.text("x").type("a\0b"), "type is a text with U+0000");
        invalid(OutgoingMessage.text("x").contentType(longest + "x"), "contentType is 256");
        invalid(OutgoingMessage.text("x").type("a\uD800"), "type is a text with a lone surrogate");
        OutgoingMessage.text("x").type("\uD83D\uDE00").build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1a", "a-b", "a b", "null", "TRUE", "Between", "a.b", "#r", "\uD800", "a\0"})
    void aPropertyNameIsAJavaIdentifier(String name) {
        assertThatThrownBy(() -> message.property(name, 1).build())
                .isInstanceOf(InvalidPropertyException.class)
                .hasMessageContaining("is not a property name");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "JMSXDeliveryCount",
                "JMSXRcvTimestamp",
                "JMSXState",
                "JMSXUserID",
                "JMSXAppID",
                "JMS_PGQ_DeadReason"
            })
    void whatTheProviderSetsCannotBeForged(String name) {
        assertThatThrownBy(() -> message.property(name, 1).build())
                .isInstanceOf(InvalidPropertyException.class)
                .hasMessageContaining("set by pgqueue only");
    }

    @Test
    void propertyTypesAndCountAreLimited() {
        Map<String, Object> nulls = new HashMap<>();
        nulls.put("p", null);
        assertThatThrownBy(() -> message.properties(nulls).build())
                .isInstanceOf(InvalidPropertyException.class)
                .hasMessageContaining("type null");
        for (Object value : new Object[] {'c', new byte[0], Map.of(), java.math.BigDecimal.ONE}) {
            assertThatThrownBy(() -> message.properties(Map.of("p", value)).build())
                    .isInstanceOf(InvalidPropertyException.class)
                    .hasMessageContaining(value.getClass().getName());
        }
        Map<String, Object> many =
                IntStream.range(0, 101).boxed().collect(Collectors.toMap(i -> "p" + i, i -> (Object) i));
        assertThatThrownBy(() -> message.properties(many).build())
                .isInstanceOf(MessageTooLargeException.class)
                .hasMessageContaining("101 properties, at most 100");
        many.remove("p0");
        assertThat(message.properties(many).build().properties()).hasSize(100);
        assertThat(message.properties(Map.of("JMSXGroupID", "g")).build().properties())
                .hasSize(1);
    }

    @Test
    void aBodyAboveTheHardLimitIsRefused() {
        byte[] largest = new byte[64 * 1024 * 1024];
        assertThat(OutgoingMessage.bytes(largest).build().bodyBytes()).isEqualTo(67108864);
        assertThatThrownBy(() ->
                        OutgoingMessage.bytes(new byte[64 * 1024 * 1024 + 1]).build())
                .isInstanceOf(MessageTooLargeException.class)
                .hasMessageContaining("67108865 bytes");
    }

    /** JsonDepthIT has the rest, as Java and SQL decide alike. */
    @Test
    void jsonNestsAtMost64Levels() {
        String deepest = "[".repeat(64) + "]".repeat(64);
        assertThat(OutgoingMessage.json(deepest).build().bodyBytes()).isEqualTo(128);
        assertThatThrownBy(() -> OutgoingMessage.json("[" + deepest + "]").build())
                .isInstanceOf(MessageTooLargeException.class)
                .hasMessage(
                        "The body nests JSON deeper than 64 levels: level 65 opens after 64 bytes; make it flatter, or send "
                                + "it with a content type that does not say JSON");
        assertThat(OutgoingMessage.text("[" + deepest + "]").build().bodyBytes())
                .isEqualTo(130);
    }

    @Test
    void itsTextShowsNoData() {
        OutgoingMessage secret = OutgoingMessage.text("secret")
                .property("p", "secret")
                .correlationId("secret")
                .build();
        assertThat(secret.toString()).isEqualTo("OutgoingMessage[6 bytes, 1 properties]");
    }

    private static void invalid(OutgoingMessage.Builder builder, String text) {
        assertThatThrownBy(builder::build)
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining(text);
    }
}
