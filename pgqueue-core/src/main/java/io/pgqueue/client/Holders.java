// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.jdbc.Transactions;
import io.pgqueue.store.ReceiveFunctions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The numbers under which the database keeps the names of this JVM's consumers. Safe for use by several threads. */
final class Holders {

    static final int NAME_LENGTH = 255;

    private final Transactions transactions;
    private final ReceiveFunctions functions;
    private final String own;
    private final Map<String, Integer> numbers = new ConcurrentHashMap<>();

    /** @param own the name of those without a name of their own */
    Holders(Transactions transactions, ReceiveFunctions functions, String own) {
        this.transactions = transactions;
        this.functions = functions;
        this.own = own;
    }

    Holder holder(@Nullable String name) {
        return new Holder(this, name == null ? own : name);
    }

    /** Asks the database once for each name. */
    int number(String name) throws SQLException {
        Integer known = numbers.get(name);
        if (known == null) {
            known = transactions.statement(connection -> functions.holdAs(connection, name));
            numbers.put(name, known);
        }
        return known;
    }

    /** One of them. */
    record Holder(Holders holders, String name) {

        int number() throws SQLException {
            return holders.number(name);
        }
    }

    /** Host and process. */
    static String thisProcess() {
        String name = host() + "/" + ProcessHandle.current().pid();
        return name.length() <= NAME_LENGTH ? name : name.substring(name.length() - NAME_LENGTH);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown-host";
        }
    }
}
