// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * OBS-3: what a sample costs does not depend on how much is stored, and what it says of that is right all the same. One page
 * of a leaf holds some 45 deliveries. Which pages are read depends on their numbers only, so each run sees the same ones.
 */
@PostgresTest(template = MigratedSchema.class)
class SampleIT {

    private static final String BLOCKS =
            "select sum(pg_stat_get_xact_blocks_fetched(c.oid)) from pg_class c where c.relnamespace = 'pgqueue'::regnamespace "
                    + "and c.relname ~ '^(message|delivery|scheduled|dead_letter)'";

    private static final int FEW_PAGES = 100;

    private static int names;

    private Sql sql;
    private String queue;
    private int ours;
    private int others;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        sql.run("truncate pgqueue.message, pgqueue.delivery, pgqueue.scheduled, pgqueue.dead_letter, pgqueue.tally, "
                + "pgqueue.sample");
        // Else the rows that died in them are known for another second.
        sql.run("select pg_stat_force_next_flush()");
        sql.run("delete from pgqueue.subscription");
        sql.run("select setval('pgqueue.ring_state', 7 << 4)");
        for (int slot = 0; slot < 3; slot++) {
            sql.run("alter table pgqueue.delivery_" + slot + " set (autovacuum_enabled = off)");
        }
        queue = "sample" + names++;
        ours = sql.queue(queue, "{}");
        others = sql.queue(queue + "others", "{}");
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    /** By an hour: there would be no sample for that hour, and then a negative rate. */
    @Test
    void samplesGoOnAfterTheClockWasSetBack() throws SQLException {
        sql.run("select setval('pgqueue.sample_due_ms', 1)");
        assertThat(sql.number("select pgqueue.sample()")).isEqualTo(2);
        assertThat(sql.value("select pgqueue.sample()")).as("not yet").isNull();
        sql.run("update pgqueue.sample set sampled_at = sampled_at + interval '1 hour'");
        sql.run("select setval('pgqueue.sample_due_ms', pg_sequence_last_value('pgqueue.sample_due_ms') + 3600000)");
        sql.send(queue, "x");
        assertThat(sql.number("select pgqueue.sample()")).isEqualTo(2);
        assertThat(sql.number("select count(*) from pgqueue.sample where published_per_second <> 0"))
                .isZero();
        assertThat(sql.value("select pgqueue.sample()")).as("not yet").isNull();
    }

    /** The default number of pages, in one leaf of more than twice as many. */
    @Test
    void aSampleReadsALimitedNumberOfPages() throws SQLException {
        fill(others, 540_000, 1);
        assertThat(sql.number("select pg_relation_size('pgqueue.delivery_0') / 8192"))
                .isGreaterThan(10_000);
        sql.connection().setAutoCommit(false);
        sql.run("select setval('pgqueue.sample_due_ms', 1)");
        sql.run("select pgqueue.sample(0)");
        assertThat(sql.number(BLOCKS)).isBetween(1000L, 5000L);
        sql.connection().commit();
        sql.connection().setAutoCommit(true);
        assertThat(ready(others)).isCloseTo(540_000, Percentage.withPercentage(10));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tenTimesAsMuchCostsNoMore(boolean analysed) throws SQLException {
        fill(others, 20_000, 3);
        later(others, 10_000);
        bury(others, 10_000);
        fill(ours, 10, 3);
        // Plans of these statistics are kept.
        for (int i = 0; i < 7; i++) {
            sample(FEW_PAGES);
        }
        long few = blocksOfASample();
        fill(others, 180_000, 3);
        later(others, 90_000);
        bury(others, 90_000);
        if (analysed) {
            sql.run("analyze pgqueue.delivery, pgqueue.scheduled, pgqueue.dead_letter");
        }
        // What has arrived since the last one is counted, up to a limit.
        sample(FEW_PAGES);
        assertThat(blocksOfASample()).isLessThan(few * 3 / 2);
    }

    @Test
    void whatFitsIntoThePagesIsCounted() throws SQLException {
        fill(others, 3000, 3);
        sample(FEW_PAGES);
        assertThat(counts(others)).isEqualTo("3000 0 0 0 0 f");
        assertThat(counts(ours)).isEqualTo("0 0 0 0 0 f");
    }

    /** Three standard deviations are 12 percent of 600 pages, which is what of 1000 is read. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aLargeBacklogIsEstimated(int slots) throws SQLException {
        fill(others, 100_000, slots);
        sample(1000);
        assertThat(estimated(others)).isTrue();
        assertThat(ready(others)).isCloseTo(100_000, Percentage.withPercentage(12));
        assertThat(published(others)).isBetween(60_000L, 100_000L);
    }

    @Test
    void fewBesideManyAreCounted() throws SQLException {
        fill(others, 30_000, 3);
        fill(ours, 5, 3);
        fill(others, 30_000, 3);
        assertThat(sql.receive(ours, 2)).hasSize(2);
        later(others, 30_000);
        later(ours, 3);
        sql.run("update pgqueue.scheduled set retrying = true where subscription_id = ? and position % 3 = 0", ours);
        bury(others, 30_000);
        bury(ours, 4);
        sample(FEW_PAGES);
        assertThat(counts(ours)).isEqualTo("3 2 2 1 4 f");
        assertThat(published(ours)).isEqualTo(12);
        assertThat(estimated(others)).isTrue();
        for (String state : new String[] {"ready", "delayed", "dead"}) {
            assertThat(sql.number("select " + state + " from pgqueue.metrics(?)", others))
                    .as(state)
                    .isBetween(state.equals("ready") ? 40_000L : 20_000L, state.equals("ready") ? 80_000L : 40_000L);
        }
    }

    /** They stand where fetching begins; in the sampled pages there may be any number of them. */
    @Test
    void leasedOnesOfALargeBacklogAreCounted() throws SQLException {
        fill(others, 60_000, 1);
        assertThat(sql.receive(others, 7)).hasSize(7);
        sample(FEW_PAGES);
        assertThat(sql.number("select leased from pgqueue.metrics(?)", others)).isEqualTo(7);
    }

    @Test
    void agesOfALargeBacklogAreExact() throws SQLException {
        fill(others, 60_000, 3);
        sql.run("update pgqueue.message set sent_at = now() - interval '1 hour'");
        assertThat(sql.receive(others, 5)).hasSize(5);
        sql.run("update pgqueue.message set sent_at = now() - interval '2 hours' "
                + "where id = (select min(position) from pgqueue.delivery where lease_until = '-infinity')");
        // Of another priority, in the middle of the leaf.
        sql.run("update pgqueue.message set sent_at = now() - interval '1 minute' "
                + "where id = (select max(id) from pgqueue.message)");
        sample(FEW_PAGES);
        assertThat(age("oldest_ready_at", others)).isBetween(7200L, 7260L);
        assertThat(age("newest_ready_at", others)).isBetween(60L, 120L);
    }

    /** What waits in a low priority behind very many is the oldest, and in no page that is read. */
    @Test
    void whatStarvesBehindALargeBacklogIsTheOldest() throws SQLException {
        fill(others, 60_000, 1);
        sql.run("update pgqueue.message set sent_at = now() - interval '5 hours', priority = 0 where id = "
                + "(select min(position) from pgqueue.delivery)");
        sql.run(
                "update pgqueue.delivery set priority = 0 where position = (select min(position) from pgqueue.delivery)");
        sample(FEW_PAGES);
        assertThat(age("oldest_ready_at", others)).isBetween(18_000L, 18_060L);
    }

    @Test
    void totalsAndRatesGoOnBesideEstimates() throws SQLException {
        fill(others, 30_000, 1);
        sample(100_000);
        assertThat(published(others)).isEqualTo(30_000);
        sample(FEW_PAGES);
        assertThat(published(others)).isEqualTo(30_000);
        fill(others, 300, 1);
        sample(FEW_PAGES);
        assertThat(published(others)).isEqualTo(30_300);
        assertThat(sql.value("select published_per_second > 0 from pgqueue.metrics(?)", others))
                .isEqualTo(true);
        // What is redriven has a new position, but was published before.
        sql.run("update pgqueue.delivery set replays = 1, position = nextval('pgqueue.position') where position in "
                + "(select position from pgqueue.delivery order by position limit 100)");
        sample(FEW_PAGES);
        assertThat(published(others)).isEqualTo(30_300);
        // Until the acks arrive the total may be late, but does not fall.
        sql.run("delete from pgqueue.delivery where position % 3 > 0");
        sample(FEW_PAGES);
        assertThat(published(others)).isEqualTo(30_300);
        assertThat(sql.value("select published_per_second from pgqueue.metrics(?)", others))
                .isEqualTo(0.0);
        sql.run("select pgqueue.sample(null, array[?], array[20000::bigint])", others);
        sample(FEW_PAGES);
        assertThat(published(others)).isEqualTo(30_300);
        sample(100_000);
        assertThat(published(others)).isEqualTo(30_300);
        assertThat(sql.value("select published_per_second from pgqueue.metrics(?)", others))
                .isEqualTo(0.0);
    }

    /** An old transaction keeps the index entries of what was acked, and who looks for the rest there reads all of them. */
    @Test
    void deletedRowsThatCannotBeRemovedCostNothing(DataSource dataSource) throws SQLException {
        fill(others, 60_000, 1);
        try (Sql old = new Sql(dataSource)) {
            old.connection().setAutoCommit(false);
            old.run("set transaction isolation level repeatable read");
            old.value("select 1");
            sql.run("delete from pgqueue.delivery where position not in "
                    + "(select position from pgqueue.delivery order by position desc limit 5)");
            sql.run("select pg_stat_force_next_flush()");
            assertThat(sql.number("select pg_stat_get_dead_tuples('pgqueue.delivery_0'::regclass)"))
                    .isGreaterThan(50_000);
            assertThat(blocksOfASample()).isLessThan(600);
            assertThat(estimated(others)).isTrue();
            assertThat(estimated(ours)).isTrue();
            assertThat(ready(others)).isLessThan(10_000);
            old.connection().rollback();
        }
        sql.run("vacuum pgqueue.delivery_0");
        sample(FEW_PAGES);
        assertThat(counts(others)).isEqualTo("5 0 0 0 0 f");
    }

    @Test
    void theNumberOfPagesHasLimits() {
        for (int pages : new int[] {0, 1_000_001}) {
            assertThatThrownBy(() -> sample(pages))
                    .hasMessageContaining("pages")
                    .hasMessageContaining("" + pages);
        }
    }

    private long blocksOfASample() throws SQLException {
        sql.run("select pg_stat_force_next_flush()");
        sql.connection().setAutoCommit(false);
        sample(FEW_PAGES);
        long blocks = sql.number(BLOCKS);
        sql.connection().commit();
        sql.connection().setAutoCommit(true);
        return blocks;
    }

    private void sample(int pages) throws SQLException {
        // On a slow machine the next one is due late.
        sql.run("select setval('pgqueue.sample_due_ms', 1)");
        sql.run("select pgqueue.sample(0, p_pages => ?)", pages);
    }

    private String counts(int subscription) throws SQLException {
        return (String) sql.value(
                "select concat_ws(' ', ready, leased, delayed, retrying, dead, estimated) from pgqueue.metrics(?)",
                subscription);
    }

    private boolean estimated(int subscription) throws SQLException {
        return (Boolean) sql.value("select estimated from pgqueue.metrics(?)", subscription);
    }

    private long ready(int subscription) throws SQLException {
        return sql.number("select ready from pgqueue.metrics(?)", subscription);
    }

    private long published(int subscription) throws SQLException {
        return sql.number("select published from pgqueue.metrics(?)", subscription);
    }

    private long age(String column, int subscription) throws SQLException {
        return sql.number(
                "select round(extract(epoch from sampled_at - " + column + ")) from pgqueue.metrics(?)", subscription);
    }

    private void fill(int subscription, int count, int slots) throws SQLException {
        sql.run(
                "with stored as ("
                        + "  insert into pgqueue.message (id, sent_at, message_id, destination_id, slot, priority)"
                        + "  select nextval('pgqueue.position'), now(), gen_random_uuid(), s.destination_id, n % ?, 4"
                        + "    from pgqueue.subscription s, generate_series(1, ?) n where s.id = ? returning *)"
                        + "insert into pgqueue.delivery (position, subscription_id, body_bytes, slot, priority) "
                        + "select id, ?, 0, slot, 4 from stored",
                slots, count, subscription, subscription);
    }

    private void later(int subscription, int count) throws SQLException {
        sql.run(
                "insert into pgqueue.scheduled (subscription_id, position, due_at, retrying, epoch, attempts, replays, sent_at,"
                        + "  message_id, destination_id, priority)"
                        + "select s.id, nextval('pgqueue.position'), now() + interval '1 hour', false, 0, 0, 0::smallint, now(),"
                        + "       gen_random_uuid(), s.destination_id, 4::smallint"
                        + "  from pgqueue.subscription s, generate_series(1, ?) n where s.id = ?",
                count,
                subscription);
    }

    private void bury(int subscription, int count) throws SQLException {
        sql.run(
                "insert into pgqueue.dead_letter (subscription_id, position, dead_at, reason, epoch, attempts, replays, sent_at,"
                        + "  message_id, destination_id, priority)"
                        + "select s.id, nextval('pgqueue.position'), now(), 'REJECTED', 0, 1, 0::smallint, now(),"
                        + "       gen_random_uuid(), s.destination_id, 4::smallint"
                        + "  from pgqueue.subscription s, generate_series(1, ?) n where s.id = ?",
                count,
                subscription);
    }
}
