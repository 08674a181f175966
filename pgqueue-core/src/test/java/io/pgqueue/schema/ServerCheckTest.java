// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.schema;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerCheckTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu, built 2024/05/15 21:28:29, go1.22.2 X:nocoverageredesign)",
                "PostgreSQL 15.2-YB-2025.1.0.0-b0 on x86_64-pc-linux-gnu",
                "PostgreSQL 11.2-YB-2.20.0.0-b0 on x86_64-pc-linux-gnu"
            })
    void otherProductsAreRefusedByName(String version) {
        assertThatThrownBy(() -> ServerCheck.checkProduct(version))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("use PostgreSQL 15 or later")
                .hasMessageContaining(version);
    }

    @Test
    void postgresIsNotRefused() {
        assertThatCode(() -> ServerCheck.checkProduct("PostgreSQL 18.1 on x86_64-pc-linux-musl, compiled by gcc"))
                .doesNotThrowAnyException();
    }

    @Test
    void anOldServerIsRefused() {
        assertThatThrownBy(() -> ServerCheck.checkVersion(140020, "PostgreSQL 14.20"))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("PostgreSQL 15 or later is needed")
                .hasMessageContaining("PostgreSQL 14.20");
        assertThatCode(() -> ServerCheck.checkVersion(150000, "")).doesNotThrowAnyException();
    }

    @Test
    void aReplicaAReadOnlySessionAndAnotherEncodingAreRefused() {
        assertThatThrownBy(() -> ServerCheck.checkState(true, true, "UTF8"))
                .hasMessageContaining("in recovery")
                .hasMessageContaining("targetServerType=primary");
        assertThatThrownBy(() -> ServerCheck.checkState(false, true, "UTF8"))
                .hasMessageContaining("read-only")
                .hasMessageContaining("default_transaction_read_only");
        assertThatThrownBy(() -> ServerCheck.checkState(false, false, "LATIN1"))
                .hasMessageContaining("LATIN1")
                .hasMessageContaining("ENCODING 'UTF8'");
        assertThatCode(() -> ServerCheck.checkState(false, false, "UTF8")).doesNotThrowAnyException();
    }
}
