// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.DeadLetter;
import io.pgqueue.samples.deadletter.InvoicesApplication.Booking;
import io.pgqueue.samples.deadletter.InvoicesApplication.Invoice;
import io.pgqueue.samples.testing.RunningSample;
import io.pgqueue.testing.PostgresTest;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class InvoicesIT {

    @Test
    void anInvoiceThatKeepsFailingIsKeptReplayedAndRepaired(PGSimpleDataSource database) {
        try (RunningSample sample = new RunningSample(InvoicesApplication.class, database)) {
            Booking booking = sample.bean(Booking.class);
            InvoiceDesk desk = sample.bean(InvoiceDesk.class);

            awaitDeaths(booking, 1);
            DeadLetter dead = desk.look().get(0);
            assertThat(desk.look()).hasSize(1);
            assertThat(dead.attempts()).isEqualTo(3);
            assertThat(dead.reason()).isEqualTo("MAX_ATTEMPTS");
            assertThat(dead.failure().message()).isEqualTo("total -7 is negative");
            assertThat(desk.read(dead.messageId())).isEqualTo(new Invoice("A-2", -7));

            assertThat(desk.replay(IllegalStateException.class.getName())).isZero();
            assertThat(desk.replay(IllegalArgumentException.class.getName())).isEqualTo(1);
            awaitDeaths(booking, 2);
            assertThat(desk.look()).extracting(DeadLetter::replays).containsExactly(1);

            desk.repair(dead.messageId(), new Invoice("A-2", 200), "ada");
            sample.awaitNothingLeft("invoices");
            await().atMost(RunningSample.PATIENCE)
                    .untilAsserted(() ->
                            assertThat(booking.booked).containsExactlyInAnyOrder("A-1 100", "A-2 200", "A-3 300"));
            assertThat(desk.look()).isEmpty();
        }
    }

    private static void awaitDeaths(Booking booking, int count) {
        await().atMost(RunningSample.PATIENCE).until(() -> booking.dead.size() == count);
    }
}
