// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.jmslistener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.pgqueue.samples.jmslistener.TicketsApplication.BoxOffice;
import io.pgqueue.samples.jmslistener.TicketsApplication.Hall;
import io.pgqueue.samples.testing.RunningSample;
import io.pgqueue.testing.PostgresTest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.dao.DuplicateKeyException;

@PostgresTest
class TicketsIT {

    @Test
    void rowsAndMessagesOfSpringJmsCommitTogether(PGSimpleDataSource database) {
        try (RunningSample sample = new RunningSample(TicketsApplication.builder(), database)) {
            BoxOffice office = sample.bean(BoxOffice.class);
            assertThatThrownBy(() -> office.sell("Ada")).isInstanceOf(DuplicateKeyException.class);
            office.sell("Linus");
            Hall hall = sample.bean(Hall.class);
            await().atMost(RunningSample.PATIENCE)
                    .untilAsserted(() -> assertThat(hall.seated)
                            .containsExactlyInAnyOrder("Ada at attempt 1", "Grace at attempt 2", "Linus at attempt 1"));
            sample.awaitNothingLeft("tickets");
            sample.awaitNothingLeft("seats");
            assertThat(sample.jdbc()
                            .sql("select guest || ' ' || seats from ticket_sales order by guest")
                            .query(String.class)
                            .list())
                    .isEqualTo(List.of("Ada 1", "Grace 1", "Linus 1"));
            assertThat(hall.seated).hasSize(3);
        }
    }
}
