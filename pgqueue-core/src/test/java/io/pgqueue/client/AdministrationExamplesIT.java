// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.DeadLetter;
import io.pgqueue.DeadLetterFilter;
import io.pgqueue.DeadLetterPolicy;
import io.pgqueue.Delivery;
import io.pgqueue.Dropped;
import io.pgqueue.ExpiryPolicy;
import io.pgqueue.Failure;
import io.pgqueue.Moved;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.Purge;
import io.pgqueue.QueueSpec;
import io.pgqueue.Redrive;
import io.pgqueue.Repair;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The examples of docs/semantics.md, sections Dead letters, Retention and Administration. */
@PostgresTest(template = MigratedSchema.class)
class AdministrationExamplesIT {

    private PgQueue queue;

    @BeforeEach
    void open(DataSource dataSource) {
        queue = PgQueue.builder(dataSource).build();
    }

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void deadLetters() {
        queue.admin().declareQueue(QueueSpec.of("imports"));
        Failure failure = Failure.of(new IllegalStateException("not a CSV file"));
        for (String text : List.of("a", "b", "c")) {
            queue.publish("imports", OutgoingMessage.text(text).build());
        }
        List<String> log = new ArrayList<>();
        for (Delivery delivery : queue.receiver("imports").receive(3)) {
            // snippet: dead-letter-reject
            queue.deadLetter(delivery, "NOT_READABLE", failure);
            // end snippet
        }
        // snippet: dead-letter-list
        DeadLetters dead = queue.admin().deadLetters("imports");
        DeadLetterFilter unreadable =
                DeadLetterFilter.ALL.withReason("NOT_READABLE").withYoungerThan(Duration.ofDays(1));
        DeadLetter last = null;
        do {
            List<DeadLetter> page = dead.list(unreadable, 2, last);
            for (DeadLetter letter : page) {
                log.add(letter.messageId() + ": " + letter.failure().message());
            }
            last = page.size() < 2 ? null : page.get(1);
        } while (last != null);
        // end snippet
        assertThat(log).hasSize(3).allSatisfy(line -> assertThat(line).endsWith(": not a CSV file"));
        List<UUID> ids = dead.list(10).stream().map(DeadLetter::messageId).toList();
        UUID id = ids.get(0);
        // snippet: dead-letter-repair
        dead.repair(id, Repair.body("1;2;3".getBytes(StandardCharsets.UTF_8)).withBy("ada"));
        long back = dead.redrive(Redrive.ALL.withFilter(unreadable).withFirst(1).withPerSecond(50.0));
        long gone = dead.discard(unreadable);
        // end snippet
        assertThat(back).isEqualTo(1);
        assertThat(gone).isEqualTo(1);
        assertThat(dead.changes(id)).hasSize(1);
        assertThat(queue.admin().stats("imports").dead()).isZero();
    }

    @Test
    void policiesAndRetention() {
        // snippet: dead-letter-policy
        queue.admin().declareQueue(QueueSpec.of("for-the-office"));
        queue.admin()
                .declareQueue(QueueSpec.of("contracts")
                        .withSettings(SubscriptionSettings.DEFAULT.withDeadLetters(DeadLetterPolicy.DEFAULT
                                .withQueue("for-the-office")
                                .withParkAfter(1))));
        // end snippet
        queue.publish("contracts", OutgoingMessage.text("x").build());
        queue.deadLetter(queue.receiver("contracts").receive(1).get(0), "UNSIGNED", Failure.NONE);
        assertThat(queue.receiver("for-the-office").receive(1).get(0).properties())
                .containsEntry("JMS_PGQ_DeadReason", "UNSIGNED")
                .containsEntry("JMS_PGQ_DeadDestination", "contracts");

        // snippet: retention
        queue.admin()
                .declareQueue(QueueSpec.of("offers")
                        .withSettings(SubscriptionSettings.DEFAULT
                                .withRetention(Duration.ofDays(14), ExpiryPolicy.DEAD_LETTER)
                                .withDeadLetters(DeadLetterPolicy.DEFAULT.withMaxAge(Duration.ofDays(90)))));
        // end snippet
        assertThat(queue.admin().stats("offers")).isEqualTo(new SubscriptionStats(0, 0, 0, 0, 0));
    }

    @Test
    void administration() {
        // snippet: admin-declare
        QueueSpec spec = QueueSpec.of("exports");
        queue.admin().declareQueue(spec);
        queue.admin().alterQueue("exports", spec.settings().withLease(Duration.ofMinutes(5)));
        // end snippet
        queue.publish("exports", OutgoingMessage.text("x").build());
        // snippet: admin-pause
        PgQueueAdmin admin = queue.admin();
        admin.pause("exports");
        SubscriptionStats stats = admin.stats("exports");
        if (stats.ready() > 0) {
            admin.purge("exports", Purge.WAITING.withSelector("JMSPriority < 5"));
        }
        admin.resume("exports");
        // end snippet
        assertThat(stats.ready()).isEqualTo(1);
        assertThat(admin.stats("exports").ready()).isZero();
        admin.declareQueue(QueueSpec.of("exports-2"));
        queue.publish("exports", OutgoingMessage.text("y").build());
        // snippet: admin-move
        Moved moved = admin.move(null, "exports", "exports-2", 10_000);
        // end snippet
        assertThat(moved.moved()).isEqualTo(1);
        // snippet: admin-drop
        Dropped lost = admin.dropDestination("exports", true);
        // end snippet
        assertThat(lost).isEqualTo(new Dropped(1, 0, 0));
    }
}
