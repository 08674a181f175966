// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.InvalidPropertyException;
import io.pgqueue.OutgoingMessage;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a message takes as the name of a property, a filter can name, and the other way round: the rule is written twice. */
class PropertyNamesTest {

    @Test
    void bothKnowTheSameLetters() {
        IntStream.concat(
                        IntStream.range(0, Character.MIN_SUPPLEMENTARY_CODE_POINT),
                        IntStream.rangeClosed(Character.MIN_SUPPLEMENTARY_CODE_POINT, Character.MAX_CODE_POINT)
                                .filter(c -> c % 97 == 0))
                .mapToObj(Character::toString)
                .forEach(letter -> {
                    assertAgreed(letter);
                    assertAgreed("a" + letter);
                });
    }

    @ParameterizedTest
    @EnumSource
    void bothKnowTheSameWords(Token.Kind kind) {
        assertAgreed(kind.name());
        assertAgreed(kind.name().toLowerCase(Locale.ROOT));
        assertAgreed("a" + kind.name());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0131s", "\u0131n", "i\u017f", "fal\u017fe"})
    void aLetterThatIsOnlyAWordsLetterInUpperCaseMakesAName(String name) {
        assertThat(isTaken(name)).isTrue();
        assertAgreed(name);
    }

    private static void assertAgreed(String name) {
        assertThat(isTaken(name))
                .as(() -> "'" + name + "' " + name.codePoints().boxed().toList())
                .isEqualTo(Identifiers.isIdentifier(name));
    }

    private static boolean isTaken(String name) {
        try {
            OutgoingMessage.empty().property(name, 1).build();
            return true;
        } catch (InvalidPropertyException e) {
            return false;
        }
    }
}
