// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JdbcUrlTest {

    @ParameterizedTest
    @CsvSource({
        "jdbc:postgresql://ada:secret@db:5432/shop?ssl=true, jdbc:postgresql://***@db:5432/shop?ssl=true",
        "jdbc:postgresql://ada:sec/r@t@db/shop, jdbc:postgresql://***@db/shop",
        "jdbc:postgresql://db/shop?user=ada&password=secret, jdbc:postgresql://db/shop?user=ada&password=***",
        "jdbc:postgresql://db/shop?PASSWORD=secret&user=ada, jdbc:postgresql://db/shop?PASSWORD=***&user=ada",
        "jdbc:postgresql://db/shop?user=ada&sslPassword=a b;c&ssl=true, jdbc:postgresql://db/shop?user=ada&sslPassword=***&ssl=true",
        "jdbc:postgresql://ada:secret@db/shop?Password=secret, jdbc:postgresql://***@db/shop?Password=***",
        "jdbc:postgresql://db/shop?user=ada@corp&ssl=true, jdbc:postgresql://db/shop?user=ada@corp&ssl=true",
        "jdbc:postgresql://one:1/shop, jdbc:postgresql://one:1/shop"
    })
    void credentialsAreTakenOutAndNothingElse(String url, String shown) {
        assertThat(JdbcUrl.withoutCredentials(url)).isEqualTo(shown);
    }

    @Test
    void nothingIsShownAsThat() {
        assertThat(JdbcUrl.withoutCredentials(null)).isEqualTo("null");
    }

    /** No such driver, and a port that is none: both errors quote the URL. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:nosuch://localhost/shop?Password=secret",
                "jdbc:postgresql://localhost:x/shop?password=secret"
            })
    void anErrorOfTheDriverQuotesTheUrlWithoutThem(String url) {
        assertThatThrownBy(() -> JdbcUrl.connect(url, new Properties()))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("assword=***")
                .hasNoCause()
                .hasMessageNotContaining("secret");
    }
}
