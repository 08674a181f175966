// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.requestreply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.samples.requestreply.PricesApplication.Prices;
import io.pgqueue.samples.requestreply.PricesApplication.Question;
import io.pgqueue.samples.requestreply.PricesApplication.Quote;
import io.pgqueue.samples.testing.RunningSample;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.testing.PostgresTest;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class PricesIT {

    @Test
    void answersGoToWhoAskedElseToTheNextQueue(PGSimpleDataSource database) {
        try (RunningSample sample = new RunningSample(PricesApplication.class, database)) {
            assertThat(PricesApplication.ask(sample.bean(PgTemplate.class), new Question("eraser", 10)))
                    .contains(new Quote("eraser", 20));
            Prices prices = sample.bean(Prices.class);
            await().atMost(RunningSample.PATIENCE).until(() -> !prices.sent.isEmpty());
            sample.awaitNothingLeft("questions");
            sample.awaitNothingLeft("quotes");
            assertThat(prices.sent).containsExactly(new Quote("paper", 1000));
        }
    }
}
