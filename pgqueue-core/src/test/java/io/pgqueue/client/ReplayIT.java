// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.ConflictException;
import io.pgqueue.Delivery;
import io.pgqueue.HistoryMessage;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.ReplayFrom;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** TOP-13, RET-4 through the Java client. */
@PostgresTest(template = MigratedSchema.class)
class ReplayIT {

    @Test
    void aSubscriptionDeclaredLaterGetsTheHistory(DataSource dataSource) throws Exception {
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            queue.admin().declareTopic(TopicSpec.of("kept").withRetain(Duration.ofDays(1)));
            List<OutgoingMessage> messages = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                messages.add(OutgoingMessage.text("m" + i).property("n", i).build());
            }
            queue.publish("kept", messages);
            queue.publish("kept", messages.get(0));
            SubscriptionSpec spec = SubscriptionSpec.of("kept", "late").withSelector("n >= 10");
            queue.admin().declareSubscription(spec, ReplayFrom.earliest());
            queue.admin().declareSubscription(spec, ReplayFrom.earliest());
            try (Receiver receiver = queue.receiver("kept", "late")) {
                List<Delivery> got = receiver.receive(100, Duration.ofSeconds(5));
                assertThat(got)
                        .extracting(Delivery::text)
                        .hasSize(10)
                        .startsWith("m10")
                        .endsWith("m19");
                queue.ack(got);
                long last = queue.admin().history("kept", 100, 0, null).get(19).position();
                assertThat(queue.admin().rewind("kept", "late", ReplayFrom.position(last)))
                        .isEqualTo(1);
                assertThat(queue.admin()
                                .rewind(
                                        "kept",
                                        "late",
                                        ReplayFrom.time(Instant.now().plusSeconds(60))))
                        .isZero();
                assertThat(receiver.receive(10, Duration.ofSeconds(5)))
                        .extracting(Delivery::text)
                        .containsExactly("m19");
            }
            List<HistoryMessage> page = queue.admin().history("kept", 10, 0, null);
            assertThat(page).hasSize(10).allSatisfy(m -> assertThat(m.body()).isNull());
            assertThat(page.get(3).properties()).containsEntry("n", 3);
            assertThat(queue.admin().history("kept", page.get(3).position()))
                    .get()
                    .extracting(HistoryMessage::body)
                    .isEqualTo("m3".getBytes());
            assertThat(queue.admin().history("kept", 0)).isEmpty();
        }
    }

    /** TOP-5: a destination's own settings can change. */
    @Test
    void aHistoryCanBeSwitchedOnAndIsPartOfTheDeclaration(DataSource dataSource) {
        try (PgQueue queue = PgQueue.builder(dataSource).maintenance(false).build()) {
            queue.admin().declareQueue(QueueSpec.of("switched"));
            assertThatThrownBy(() -> queue.admin().rewind(null, "switched", ReplayFrom.earliest()))
                    .isInstanceOf(InvalidArgumentException.class);
            QueueSpec kept =
                    QueueSpec.of("switched").withRetain(Duration.ofHours(1)).withMaxBodyBytes(2048);
            assertThatThrownBy(() -> queue.admin().declareQueue(kept))
                    .isInstanceOf(ConflictException.class)
                    .hasMessageContaining("alter");
            queue.admin().alterQueue(kept);
            queue.admin().declareQueue(kept);
            assertThat(queue.admin().rewind(null, "switched", ReplayFrom.earliest()))
                    .isZero();
        }
    }
}
