// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * CMP-1: whoever deletes a delivery says how it ended, or carries it on. A script that forgets it would leave its sender
 * waiting for ever.
 */
class EndedDeliveriesTest {

    private static final Pattern DELETION = Pattern.compile("delete from (?:delivery|scheduled)[^;]*?(?:;|\\z)");

    @Test
    void everyDeletionTellsTheOutcomeOrMovesTheDelivery() {
        List<String> silent = new ArrayList<>();
        int deletions = 0;
        for (Migration script : Migration.all()) {
            Matcher deletion = DELETION.matcher(script.text());
            while (deletion.find()) {
                deletions++;
                if (!tells(deletion.group())) {
                    silent.add(script.file() + ": " + deletion.group());
                }
            }
        }
        assertThat(deletions).isGreaterThan(12);
        assertThat(silent).isEmpty();
    }

    @Test
    void aSilentDeletionIsNoticed() {
        assertThat(tells("delete from delivery_<k> d where d.position = 1;")).isFalse();
    }

    private static boolean tells(String statement) {
        return statement.contains("ended(")
                || statement.contains("insert into scheduled")
                || statement.contains("insert into delivery");
    }
}
