// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DatabaseUrlTest {

    @Test
    void aJdbcUrlIsTakenAsItIs() {
        String url = "jdbc:postgresql://db:5433/shop?user=u&password=p";
        assertThat(DatabaseUrl.parse(url)).isEqualTo(new DatabaseUrl(url, null, null));
        assertThat(DatabaseUrl.parse(url)).hasToString("jdbc:postgresql://db:5433/shop?user=u&password=***");
    }

    @Test
    void aPlainUrlIsTakenApart() {
        assertThat(DatabaseUrl.parse("postgresql://ada:p%40s+s@db:5433/shop?sslmode=require"))
                .isEqualTo(new DatabaseUrl("jdbc:postgresql://db:5433/shop?sslmode=require", "ada", "p@s+s"));
        assertThat(DatabaseUrl.parse("postgres://db/shop"))
                .isEqualTo(new DatabaseUrl("jdbc:postgresql://db/shop", null, null));
    }

    @Test
    void aBadUrlIsRefusedWithoutShowingThePassword() {
        assertThatThrownBy(() -> DatabaseUrl.parse("mysql://u:secret@db/x")).hasMessageContaining("postgresql://");
        assertThatThrownBy(() -> DatabaseUrl.parse("postgresql://u:se^cret@db/x"))
                .hasMessageContaining("%40")
                .hasMessageNotContaining("cret")
                .hasNoCause();
    }
}
