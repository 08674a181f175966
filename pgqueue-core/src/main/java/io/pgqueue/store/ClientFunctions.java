// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.ConsumerSpec;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code R__client.sql}. Safe for use by several threads. */
public final class ClientFunctions {

    private static final String REGISTER = "select %s.register_client(?, ?, ?, ?)";
    private static final String HEARTBEAT = "select %s.heartbeat(?, ?)";
    private static final String CLOSE = "select %s.close_client(?)";
    private static final String SUBSCRIBE = "select id, lease_ms from %s.subscribe(?, ?, ?, ?, ?, ?, ?, ?::jsonb)";
    private static final String CONSUME_TEMPORARY = "select id, lease_ms from %s.consume_temporary(?, ?, ?)";
    private static final String CLOSE_CONSUMER = "select %s.close_consumer(?)";
    private static final String UNSUBSCRIBE = "select %s.unsubscribe(?, ?)";
    private static final String CREATE_TEMPORARY = "select %s.create_temporary(?, ?)";
    private static final String DROP_TEMPORARY = "select %s.drop_temporary(?, ?)";

    private final SqlCall calls;

    public ClientFunctions(SchemaFunctions functions) {
        this.calls = new SqlCall(functions);
    }

    /** The subscription that a consumer was opened on. */
    public record Opened(int subscription, Duration lease) {}

    public void register(Connection connection, UUID node, UUID client, @Nullable String clientId, Duration lease)
            throws SQLException {
        calls.run(connection, REGISTER, node, client, clientId, lease.toMillis());
    }

    /** The clients that the node still has. */
    public Set<UUID> heartbeat(Connection connection, UUID node, Duration lease) throws SQLException {
        return calls.one(
                connection, HEARTBEAT, row -> Set.of((UUID[]) row.getArray(1).getArray()), node, lease.toMillis());
    }

    public void close(Connection connection, UUID client) throws SQLException {
        calls.run(connection, CLOSE, client);
    }

    /** The paths are what the filters of the specification mean. */
    public Opened subscribe(Connection connection, UUID client, UUID consumer, ConsumerSpec spec, FilterPaths paths)
            throws SQLException {
        return open(
                connection,
                SUBSCRIBE,
                client,
                consumer,
                spec.subscription().topic(),
                spec.subscription().name(),
                spec.kind().durable(),
                spec.kind().shared(),
                spec.noLocal(),
                SettingsJson.write(spec.subscription(), paths));
    }

    public Opened consumeTemporary(Connection connection, UUID client, UUID consumer, String queue)
            throws SQLException {
        return open(connection, CONSUME_TEMPORARY, client, consumer, queue);
    }

    public void closeConsumer(Connection connection, UUID consumer) throws SQLException {
        calls.run(connection, CLOSE_CONSUMER, consumer);
    }

    public void unsubscribe(Connection connection, @Nullable String clientId, String name) throws SQLException {
        calls.run(connection, UNSUBSCRIBE, clientId, name);
    }

    /** The name it got. */
    public String createTemporary(Connection connection, UUID client, boolean queue) throws SQLException {
        return calls.one(connection, CREATE_TEMPORARY, row -> row.getString(1), client, queue ? "queue" : "topic");
    }

    public void dropTemporary(Connection connection, UUID client, String name) throws SQLException {
        calls.run(connection, DROP_TEMPORARY, client, name);
    }

    private Opened open(Connection connection, String function, @Nullable Object... arguments) throws SQLException {
        return calls.one(
                connection,
                function,
                row -> new Opened(row.getInt("id"), Duration.ofMillis(row.getLong("lease_ms"))),
                arguments);
    }
}
