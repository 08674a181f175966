// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LikePatternTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a%b        -  ^a.*b$",
                "a%%%b%     -  ^a.*b.*$",
                "%_%        -  ^.*..*$",
                "_          -  ^.$",
                "\\%        -  ^\\\\.*$",
                "a\\_b      \\ ^a_b$",
                "a\\\\%     \\ ^a\\\\.*$",
                "a\\bc\\    \\ ^a\\\\bc\\\\$",
                "%_%        %  ^_.*$",
                "%%%        %  ^%.*$",
                "__a_%_     _  ^_a%.$",
                "\\^$.[]{}()|*+? - ^\\\\\\^\\$\\.\\[\\]\\{\\}\\(\\)\\|\\*\\+\\?$",
                "x#!-&/     -  ^x#!-&/$",
                "..%        .  ^\\..*$",
                ".%.        .  ^%\\.$",
                "日_😀%     😀 ^日.%$"
            })
    void becomesARegularExpression(String row) {
        String[] cells = row.split("\\s+");
        Integer escape = cells[1].equals("-") ? null : Integer.valueOf(cells[1].codePointAt(0));
        assertThat(LikePattern.toRegex(cells[0], escape)).isEqualTo(cells[2]);
    }

    @Test
    void theEmptyPatternIsTheEmptyText() {
        assertThat(LikePattern.toRegex("", null)).isEqualTo("^$");
        assertThat(LikePattern.toRegex("a b", null)).isEqualTo("^a b$");
    }
}
