// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/** A source that knows of no transaction of its caller, so that everything is a transaction of its own. */
abstract class StandaloneConnectionSource implements ConnectionSource {

    @Override
    public final @Nullable Connection current() {
        return null;
    }

    @Override
    public final void release(Connection current) {
        throw new IllegalStateException("There is no caller's transaction to release a connection of");
    }

    @Override
    public final void afterCommit(Runnable action) {
        throw new IllegalStateException("There is no caller's transaction to wait for");
    }
}
