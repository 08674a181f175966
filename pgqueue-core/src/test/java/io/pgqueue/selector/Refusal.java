// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A row "position | what is found | what is expected" of a table of errors. */
record Refusal(int position, String found, String expected) {

    /** The text to refuse stands in front of the first bar. */
    static String text(String row) {
        return row.split("\\|")[0].strip();
    }

    static Refusal of(String row) {
        String[] cells = row.split("\\|");
        return new Refusal(Integer.parseInt(cells[1].strip()), cells[2].strip(), cells[3].strip());
    }

    void check(ThrowingCallable parsing) {
        assertThatExceptionOfType(SelectorSyntaxException.class)
                .isThrownBy(parsing)
                .satisfies(e -> assertThat(new Refusal(e.position(), e.found(), e.expected()))
                        .isEqualTo(this));
    }
}
