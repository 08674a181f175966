// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.filteredtopic;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.samples.filteredtopic.PaymentsApplication.Customer;
import io.pgqueue.samples.filteredtopic.PaymentsApplication.Payment;
import io.pgqueue.samples.testing.RunningSample;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.testing.PostgresTest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class PaymentsIT {

    @Test
    void eachSubscriptionGetsWhatItsFilterTakes(PGSimpleDataSource database) {
        try (RunningSample sample = new RunningSample(PaymentsApplication.class, database)) {
            for (String subscription : List.of("large", "cards", "swiss")) {
                sample.awaitNothingLeft("payments", subscription);
            }
            assertThat(sample.bean(PaymentListeners.class).handled)
                    .containsExactlyInAnyOrder("swiss p1", "large p2", "cards p2", "large p3", "swiss p3");

            Payment unwanted = new Payment("p4", new Customer("Edsger", "NL"));
            assertThat(PaymentsApplication.pay(sample.bean(PgTemplate.class), unwanted, 5000, "cash")
                            .matched())
                    .isZero();
        }
    }
}
