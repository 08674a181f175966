// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/**
 * T19, T21: six sessions at once, killed now and then, for about 20 seconds: nothing is lost, nothing ends twice, groups
 * keep their order, totals agree, nobody deadlocks, storage is reclaimed.
 *
 * <pre>
 * -Dpgqueue.model.seconds=3600   longer
 * -Dpgqueue.model.seed=4711      what the threads try is the same again, but not how they meet
 * </pre>
 */
@PostgresTest(template = MigratedSchema.class)
class StormIT {

    @Test
    void nothingIsLostOrDoubledWhateverHappensAtOnce(DataSource dataSource) throws SQLException, InterruptedException {
        long seed = Long.getLong("pgqueue.model.seed", System.currentTimeMillis());
        Storm storm = new Storm(dataSource, seed);
        storm.rage(Duration.ofSeconds(Long.getLong("pgqueue.model.seconds", 20)).toNanos());
        System.out.println(
                "StormIT: seed " + seed + ", " + storm.operations + " operations, " + storm.kills + " killed sessions");
        assertThat(storm.operations.get()).isPositive();
    }
}
