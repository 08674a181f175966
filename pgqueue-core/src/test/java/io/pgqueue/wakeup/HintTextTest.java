// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.wakeup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HintTextTest {

    @Test
    void anyNumberOfHintsFitsIntoPayloadsThatPostgresTakes() {
        List<Hint> hints = IntStream.range(0, 5_000)
                .mapToObj(i -> new Hint(i, 1023, Long.MAX_VALUE - i, 1_000_000))
                .toList();
        List<String> payloads = HintText.write("me", hints);
        assertThat(payloads).hasSizeGreaterThan(1).allMatch(p -> p.length() < 8000);
        assertThat(payloads).allMatch(p -> HintText.sender(p).equals("me"));
        assertThat(payloads.stream().flatMap(p -> HintText.read(p).stream())).containsExactlyElementsOf(hints);
    }

    @Test
    void noHintsAreOneEmptyPayload() {
        assertThat(HintText.write("me", List.of()))
                .singleElement()
                .satisfies(p -> assertThat(HintText.read(p)).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "|", "x", "me|a:b:c:d;", "me|1:2:3;", "me|1:2:3:4:5;", "me|99999999999:1:1:1;", ";;;", ":::"
            })
    void whatOthersSendIsIgnored(String payload) {
        assertThat(HintText.read(payload)).isEmpty();
    }

    @Test
    void aGoodHintBesideABadOneIsRead() {
        assertThat(HintText.read("me|x;1:16:5:1;")).containsExactly(new Hint(1, 16, 5, 1));
    }

    /** SCH-5. */
    @Test
    void whatMayBeTakenMayAlsoBeAnywhere() {
        assertThat(new Hint(1, Hint.TAKEN, 0, 1).anywhere()).isTrue();
        assertThat(HintText.read(HintText.write("me", List.of(Hint.ALL_TAKEN)).get(0)))
                .containsExactly(Hint.ALL_TAKEN);
        assertThat(Hint.ENDED.merge(Hint.ALL_TAKEN).priorities()).isEqualTo(Hint.TAKEN);
    }

    @Test
    void mergedHintsCoverBoth() {
        assertThat(new Hint(1, 2, 50, 900_000).merge(new Hint(1, 4, 40, 900_000)))
                .isEqualTo(new Hint(1, 6, 40, 1_000_000));
    }
}
