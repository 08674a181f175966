// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SchemaName;
import io.pgqueue.client.BrowseOptions;
import io.pgqueue.client.JoiningSource;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import io.pgqueue.client.ReceiverOptions;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.jdbc.DriverConnectionSource;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** OPS-2, docs/adr/0021: a client goes on while functions that it calls get one column more. */
@PostgresTest
class OlderClientIT {

    private static final List<String> GROWN = List.of(
            "publish_message",
            "publish_messages",
            "publish_with_keys",
            "receive",
            "pop",
            "extend",
            "nack",
            "cancel",
            "find_destination",
            "find_subscription",
            "list_destinations",
            "stats",
            "browse",
            "find_message",
            "dead_letters",
            "redrive",
            "maintain",
            "drop_destination");

    /**
     * One more column for a function: what it does is kept under another name, and a new one calls that.
     *
     * <p>{@code proargmodes} has t for a column of a table, o for an argument that is a result.
     */
    private static final String GROW = """
            select replace(pg_get_functiondef(p.oid), p.pronamespace::regnamespace || '.' || p.proname || '(',
                           p.pronamespace::regnamespace || '.' || p.proname || '_of_before(')
                || format($script$;
                          select set_aside(%1$L, 'fresh');
                          create or replace function %1$I(%2$s) returns %3$s language sql security definer
                          set search_path from current as 'select r.*, ''new''::text from %1$I_of_before(%4$s) r';
                          select take_over(%1$L);
                          $script$,
                          p.proname,
                          pg_get_function_arguments(p.oid) || case when 'o' = any (p.proargmodes) then ', out fresh text' else '' end,
                          regexp_replace(pg_get_function_result(p.oid), '^(TABLE.*)\\)$', '\\1, fresh text)'),
                          (select string_agg('$' || i, ', ') from generate_series(1, p.pronargs) i))
              from pg_proc p where p.pronamespace = 'pgqueue'::regnamespace and p.proname = ?
            """;

    private int keys;
    private Sql sql;
    private PGSimpleDataSource dataSource;
    private DriverConnectionSource pool;
    private JoiningSource source;
    private PgQueue queue;

    @BeforeEach
    void open(PGSimpleDataSource given) throws SQLException {
        dataSource = given;
        sql = new Sql(given);
        migrate(Release.THIS);
        // Every call is prepared on the server the first time, and the connection is kept.
        given.setPrepareThreshold(1);
        Properties properties = new Properties();
        properties.setProperty("user", given.getUser());
        if (given.getPassword() != null) {
            properties.setProperty("password", given.getPassword());
        }
        pool = new DriverConnectionSource(given.getUrl(), properties, 4);
        Thread test = Thread.currentThread();
        source = new JoiningSource(new PGSimpleDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
                // So that others do not take the connection that the test's transactions are on.
                return Thread.currentThread() == test ? pool.open() : given.getConnection();
            }
        });
        queue = PgQueue.builder(source).maintenance(false).build();
        queue.admin().createQueue(QueueSpec.of("q"));
    }

    @AfterEach
    void close() throws SQLException {
        queue.close();
        pool.close();
        sql.close();
    }

    @Test
    void itSendsReceivesSettlesAndAdministers() throws SQLException {
        Receiver receiver = queue.receiver("q");
        work(receiver);
        assertThat(preparedOnTheServer()).anyMatch(text -> text.contains(".publish_message("));
        grow();
        assertThat(sql.column("select distinct proname::text from pg_proc "
                        + "where pronamespace = 'pgqueue'::regnamespace and 'fresh' = any (proargnames)"))
                .containsExactlyInAnyOrderElementsOf(GROWN);
        work(receiver);
        assertThat(queue.admin().dropDestination("q", true).deadLetters()).isZero();
    }

    /**
     * In transactions first: there the driver cannot prepare a statement again whose result has changed, and once it did so
     * outside of one it has forgotten all of them.
     */
    private void work(Receiver receiver) throws SQLException {
        source.begin();
        queue.publish("q", message("one"));
        queue.publish("q", List.of(message("two"), message("three")));
        queue.publish("q", OutgoingMessage.text("four").dedupKey("key" + keys++).build());
        source.commit();
        queue.publish("q", message("five"));

        List<Delivery> received = receiver.receive(10);
        assertThat(received).extracting(Delivery::text).containsExactly("one", "two", "three", "four", "five");
        assertThat(queue.extend(received, Duration.ofSeconds(30))).isEmpty();

        source.begin();
        queue.ack(received.subList(0, 1));
        queue.nack(received.get(1), Failure.of(new IllegalStateException("two")));
        queue.deadLetter(received.get(2), "odd", Failure.of(new IllegalStateException("three")));
        source.commit();
        queue.ack(received.subList(3, 5));

        assertThat(queue.browse("q", BrowseOptions.DEFAULT, null).messages()).hasSize(1);
        source.begin();
        assertThat(queue.scheduling().cancel(received.get(1).messageId())).hasSize(1);
        source.commit();
        assertThat(queue.admin().stats("q").dead()).isEqualTo(1);
        assertThat(queue.admin().find(received.get(2).messageId(), true)).hasSize(1);
        assertThat(queue.admin().deadLetters("q").list(10)).hasSize(1);
        assertThat(queue.admin()
                        .deadLetters("q")
                        .redrive(List.of(received.get(2).messageId())))
                .hasSize(1);
        assertThat(queue.receiver("q", ReceiverOptions.DEFAULT.withAtMostOnce(true))
                        .receive(1))
                .hasSize(1);
        assertThat(queue.admin().destinations("")).containsExactly("q");
        queue.admin().maintain();
    }

    private List<String> preparedOnTheServer() throws SQLException {
        try (Connection kept = pool.open();
                Statement statement = kept.createStatement();
                ResultSet row = statement.executeQuery("select statement from pg_prepared_statements")) {
            List<String> texts = new ArrayList<>();
            while (row.next()) {
                texts.add(row.getString(1));
            }
            return texts;
        }
    }

    private static OutgoingMessage message(String text) {
        return OutgoingMessage.text(text).build();
    }

    private void grow() throws SQLException {
        StringBuilder script = new StringBuilder();
        for (String function : GROWN) {
            script.append(sql.value(GROW, function));
        }
        List<Migration> scripts = new ArrayList<>(Release.THIS.scripts());
        scripts.add(scripts.size() - 1, new Migration("R__grown.sql", 0, script.toString()));
        migrate(new Release(Release.THIS.number() + 1, scripts));
    }

    private void migrate(Release release) {
        new SchemaMigrator(new DataSourceConnectionSource(dataSource), SchemaName.DEFAULT, release).migrate();
    }
}
