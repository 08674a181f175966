// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** check_invariants() says nothing of a sound database, and names what was broken by hand. */
@PostgresTest(template = MigratedSchema.class)
class InvariantsIT {

    private Sql sql;
    private int subscription;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        sql.run("set search_path = pgqueue");
        sql.connection().setAutoCommit(false);
        subscription = sql.queue("q", "{}");
        for (int i = 0; i < 4; i++) {
            sql.run("select publish('q', 'x', group_key => ?)", i < 2 ? "g" : null);
        }
        List<Held> held = sql.receive(subscription, 10);
        assertThat(sql.nack(held.get(1), 60_000L)).isEqualTo("retry");
        sql.rotate();
        sql.run("select publish('q', 'tracked', track => true)");
    }

    @AfterEach
    void close() throws SQLException {
        sql.connection().rollback();
        sql.close();
    }

    @Test
    void aSoundDatabaseBreaksNone() throws SQLException {
        assertThat(broken()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a delivery has its message | delete from message where slot = 0",
                "a delivery is in one place | insert into delivery (position, subscription_id, body_bytes, slot, priority) "
                        + "select s.position, s.subscription_id, 0, 3, 4 from scheduled s",
                "one of a group has the turn | update delivery set priority = priority - 10 where priority >= 10",
                "a delivery is of its message's group and priority | update delivery set priority = 5 where group_key is null",
                "only members of groups wait for a turn | update delivery set priority = 14 where group_key is null",
                "only members of groups have a turn | update scheduled set has_turn = true",
                "every attempt has an epoch of its own | update delivery set attempts = epoch + 1",
                "what waits has no outcome | insert into outcome select d.position, d.subscription_id, 'ACKED', now() "
                        + "from delivery d where d.tracked"
            })
    void whatIsBrokenIsNamed(String invariant, String fault) throws SQLException {
        sql.run(fault);
        assertThat(broken()).contains(invariant);
    }

    private List<Object> broken() throws SQLException {
        return sql.column("select distinct invariant from check_invariants()");
    }
}
