// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.BrowsePage;
import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.BrowseFunctions;
import io.pgqueue.store.SqlErrors;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Reads what subscriptions hold without leasing it, each page by a short transaction of its own. */
final class Browsing {

    private final Transactions transactions;
    private final BrowseFunctions functions;
    private final Directory directory;

    Browsing(Transactions transactions, BrowseFunctions functions, Directory directory) {
        this.transactions = transactions;
        this.functions = functions;
        this.directory = directory;
    }

    BrowsePage page(@Nullable String topic, String name, BrowseOptions options, BrowsePage.@Nullable Cursor after) {
        int subscription = directory.subscriptionId(topic, name);
        try {
            return transactions.statement(connection -> functions.browse(
                    connection,
                    subscription,
                    options.limit(),
                    after,
                    options.states(),
                    options.filter(),
                    options.bodies()));
        } catch (SQLException e) {
            throw SqlErrors.translate(e);
        }
    }
}
