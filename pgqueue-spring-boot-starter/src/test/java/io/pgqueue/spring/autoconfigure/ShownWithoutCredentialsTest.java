// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.spring.SpringConnectionSource;
import io.pgqueue.spring.TransactionMismatchException;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** What is written to logs and errors has no password, wherever the application put it. */
class ShownWithoutCredentialsTest {

    @ParameterizedTest
    @ValueSource(strings = {"jdbc:postgresql://ada:secret@db/shop", "jdbc:postgresql://db/shop?PASSWORD=secret"})
    void theWakeupProperties(String url) {
        assertThat(new PgQueueProperties.Wakeup(true, url, "ada", "secret", Duration.ofMillis(5)))
                .asString()
                .contains("db/shop")
                .contains("username=ada")
                .doesNotContain("secret");
    }

    /** Some pools tell their URL. */
    @ParameterizedTest
    @ValueSource(strings = {"jdbc:postgresql://ada:secret@db/shop", "jdbc:postgresql://db/shop?PASSWORD=secret"})
    void aDataSource(String url) {
        Talkative ours = new Talkative(url);
        SpringConnectionSource source = new SpringConnectionSource(ours);
        assertThat(source).asString().contains("db/shop").doesNotContain("secret");
        assertThatThrownBy(() -> source.requireManagedBy(new JdbcTransactionManager(new Talkative(url))))
                .isInstanceOf(TransactionMismatchException.class)
                .hasMessageContaining("db/shop")
                .hasMessageNotContaining("secret");
    }

    private static final class Talkative extends SimpleDriverDataSource {

        Talkative(String url) {
            setUrl(url);
        }

        @Override
        public String toString() {
            return "Talkative[" + getUrl() + "]";
        }
    }
}
