// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeliveryTest {

    private static final String TEXT = "gr\u00fc\u00df dich";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text/plain; charset=ISO-8859-1 | ISO-8859-1",
                "text/plain;charset=\"iso-8859-1\" | ISO-8859-1",
                "text/plain;format=flowed;CHARSET = UTF-16BE | UTF-16BE",
                "text/plain; charset=utf-8 | UTF-8",
                "text/plain | UTF-8",
                "application/json | UTF-8",
            })
    void textIsReadInTheCharsetItWasSentIn(String contentType, Charset charset) {
        assertThat(delivery(TEXT.getBytes(charset), contentType).text()).isEqualTo(TEXT);
    }

    @Test
    void textIsUtf8WithoutAContentTypeAndEmptyWithoutABody() {
        assertThat(delivery(TEXT.getBytes(StandardCharsets.UTF_8), null).text()).isEqualTo(TEXT);
        assertThat(delivery(null, "text/plain; charset=unheard-of").text()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain; charset=unheard-of", "text/plain; charset=!"})
    void anUnknownCharsetIsNotGuessedAt(String contentType) {
        Delivery delivery = delivery(new byte[] {1}, contentType);
        assertThatThrownBy(delivery::text)
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining(delivery.messageId().toString())
                .hasMessageContaining(contentType)
                .hasMessageContaining("body()");
    }

    @Test
    void bodiesAreNotPrinted() {
        assertThat(delivery("secret".getBytes(StandardCharsets.UTF_8), "text/plain"))
                .asString()
                .contains("6 bytes")
                .doesNotContain("secret");
    }

    private static Delivery delivery(byte @Nullable [] body, @Nullable String contentType) {
        Instant now = Instant.now();
        return new Delivery(
                UUID.randomUUID(),
                "letters",
                "letters",
                body,
                Map.of(),
                new Delivery.Headers(now, null, 4, contentType, null, null, null, null),
                1,
                0,
                new Lease(0, 1, 4, 1, 1, now, false));
    }
}
