// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Races that somebody could make: the storm is worth what it finds. It ends with the first broken rule. */
@PostgresTest(template = MigratedSchema.class)
class StormFindsFaultsIT {

    private static final int STORMS = 4;

    private static final String EMPTY = """
            truncate message, delivery, scheduled, dead_letter, subscription, destination, consumer, depth_sample, outcome,
                     tracked, tally, sample, dedup_key cascade;
            drop schema if exists ledger cascade;
            select setval('ring_state', 16)
            """;

    @ParameterizedTest
    @MethodSource("io.pgqueue.model.Fault#races")
    void findsEachPlantedRace(Fault fault, DataSource dataSource) throws SQLException, InterruptedException {
        AssertionError found = null;
        try (Sql sql = new Sql(dataSource)) {
            List<String> originals = fault.plant(sql);
            try {
                for (int seed = 1; seed <= STORMS && found == null; seed++) {
                    sql.run(EMPTY);
                    found = broken(dataSource, seed);
                }
            } finally {
                Fault.heal(sql, originals);
            }
        }
        assertThat(found).as("what %d storms say to %s", STORMS, fault).isNotNull();
    }

    private static @Nullable AssertionError broken(DataSource dataSource, long seed)
            throws SQLException, InterruptedException {
        try {
            new Storm(dataSource, seed).rage(Duration.ofSeconds(15).toNanos());
            return null;
        } catch (AssertionError broken) {
            return broken;
        }
    }
}
