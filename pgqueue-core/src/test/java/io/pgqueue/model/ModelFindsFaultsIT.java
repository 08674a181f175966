// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The model is worth what it finds: walks that pass on the schema as it is break a rule for every planted fault. */
@PostgresTest(template = MigratedSchema.class)
class ModelFindsFaultsIT {

    private static final long[] SEEDS = LongStream.rangeClosed(1, 24).toArray();
    private static final int[] STEPS = IntStream.range(0, 300).toArray();

    @Test
    void findsNothingWithoutAFault(DataSource dataSource) throws SQLException {
        for (long seed : Arrays.copyOf(SEEDS, 4)) {
            Walk.go(dataSource, seed, STEPS);
        }
    }

    @ParameterizedTest
    @MethodSource("io.pgqueue.model.Fault#ofOneThread")
    void findsEachPlantedFault(Fault fault, DataSource dataSource) throws SQLException {
        try (Sql sql = new Sql(dataSource)) {
            List<String> originals = fault.plant(sql);
            try {
                AssertionError found = broken(dataSource, quickest(fault));
                for (int i = 0; i < SEEDS.length && found == null; i++) {
                    found = broken(dataSource, SEEDS[i]);
                }
                assertThat(found)
                        .as("what %d walks say to %s", SEEDS.length, fault)
                        .isNotNull();
            } finally {
                Fault.heal(sql, originals);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.pgqueue.model.Fault#directed")
    void findsEachFaultThatHasACheckOfItsOwn(Fault fault, DataSource dataSource) throws Exception {
        fault.check().run(dataSource);
        try (Sql sql = new Sql(dataSource)) {
            List<String> originals = fault.plant(sql);
            try {
                assertThatThrownBy(() -> fault.check().run(dataSource)).isInstanceOf(AssertionError.class);
            } finally {
                Fault.heal(sql, originals);
            }
        }
    }

    /** The walk that found it first. When the walks change it may be another one, which costs time and nothing else. */
    private static long quickest(Fault fault) {
        return switch (fault) {
            case PURGE_TAKES_WHAT_IS_LEASED, REWIND_DOUBLES_WHAT_IS_THERE -> 2;
            case ACK_WITHOUT_EPOCH, FAN_OUT_SKIPS_A_SUBSCRIPTION, PAUSE_IS_IGNORED, A_KEY_IS_ALWAYS_FREE -> 3;
            case ACK_OF_MANY_WITHOUT_EPOCH, RETRY_LOSES_THE_TURN_OF_ITS_GROUP -> 4;
            case REPLACING_TAKES_WHAT_IS_LEASED -> 5;
            case HISTORY_FORGETS -> 6;
            case REPLACING_KEEPS_THE_OLD -> 7;
            case RELEASE_KEEPS_THE_EPOCH -> 16;
            default -> 1;
        };
    }

    private static @Nullable AssertionError broken(DataSource dataSource, long seed) throws SQLException {
        try {
            Walk.go(dataSource, seed, STEPS);
            return null;
        } catch (AssertionError broken) {
            return broken;
        }
    }
}
