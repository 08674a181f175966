// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** SCH-1: rows far ahead cost a fetch nothing. Counted in pages, because time tells nothing on a busy machine. */
@PostgresTest(template = MigratedSchema.class)
class FarFutureIT {

    private static final int FAR = 1_000_000;

    /** The levels of indexes may grow, and what was fetched before leaves a page or two. */
    private static final long FEW_MORE = 20;

    @Test
    void aMillionMessagesOfTheFutureDoNotSlowAFetch(DataSource dataSource) throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            int subscription = sql.queue("far", "{}");
            long before = pages(sql, subscription);
            sql.run(
                    "insert into pgqueue.scheduled (subscription_id, position, due_at, retrying, epoch, attempts, replays, "
                            + "sent_at, message_id, destination_id, priority) select ?, nextval('pgqueue.position'), "
                            + "clock_timestamp() + interval '1 day' + i * interval '1 second', false, 0, 0, 0, now(), "
                            + "gen_random_uuid(), ?, 4 from generate_series(1, " + FAR + ") i",
                    subscription,
                    sql.destination("far"));
            long withMillion = pages(sql, subscription);
            assertThat(withMillion).isLessThanOrEqualTo(before + FEW_MORE);
            sql.run("analyze pgqueue.scheduled");
            assertThat(pages(sql, subscription)).isLessThanOrEqualTo(before + FEW_MORE);
            assertThat(sql.number("select count(*) from pgqueue.scheduled")).isEqualTo(FAR);
        }
    }

    /** Of a fetch of ten messages; the cheapest of some, for an autovacuum makes the session read the catalogs again. */
    private static long pages(Sql sql, int subscription) throws SQLException {
        long fewest = Long.MAX_VALUE;
        for (int i = 0; i < 8; i++) {
            for (int n = 0; n < 10; n++) {
                sql.send("far", "x");
            }
            List<Object> plan = sql.column("explain (analyze, buffers, timing off, summary off) "
                    + "select * from pgqueue.receive(" + subscription + ", 10)");
            assertThat(plan.toString()).containsPattern("rows=10(\\.00)? loops=1");
            long pages = 0;
            Matcher counts = Pattern.compile("(?:hit|read)=(\\d+)").matcher(String.valueOf(plan.get(1)));
            while (counts.find()) {
                pages += Long.parseLong(counts.group(1));
            }
            assertThat(pages).isPositive();
            fewest = Math.min(fewest, pages);
            sql.run("delete from pgqueue.delivery");
        }
        return fewest;
    }
}
