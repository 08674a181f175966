// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import java.sql.Connection;
import java.sql.PreparedStatement;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/** What a native image must keep: the scripts that the migrator reads, and what watches slow calls. Listener methods say themselves what they need. */
final class PgQueueRuntimeHints implements RuntimeHintsRegistrar {

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
        hints.resources().registerPattern("io/pgqueue/schema/*");
        hints.proxies().registerJdkProxy(Connection.class).registerJdkProxy(PreparedStatement.class);
    }
}
