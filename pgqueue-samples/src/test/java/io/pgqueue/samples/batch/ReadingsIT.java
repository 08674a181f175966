// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.samples.testing.RunningSample;
import io.pgqueue.testing.PostgresTest;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class ReadingsIT {

    @Test
    void aWrongReadingIsADeadLetterAndAllOthersAreStored(PGSimpleDataSource database) {
        try (RunningSample sample = new RunningSample(ReadingsApplication.builder(), database)) {
            sample.awaitNothingLeft("readings");
            assertThat(sample.jdbc()
                            .sql("select meter from readings order by meter")
                            .query(Integer.class)
                            .list())
                    .hasSize(499)
                    .doesNotContain(42);
            assertThat(sample.admin().deadLetters("readings").list(10))
                    .singleElement()
                    .satisfies(dead -> {
                        assertThat(dead.attempts()).isEqualTo(2);
                        assertThat(dead.failure().message()).contains("negative value");
                    });
        }
    }
}
