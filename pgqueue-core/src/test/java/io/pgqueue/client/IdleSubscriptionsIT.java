// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.pgqueue.ConflictException;
import io.pgqueue.ConsumerSpec;
import io.pgqueue.IdleSubscription;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.NotFoundException;
import io.pgqueue.Outcome;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** TOP-15 through the Java client; {@code io.pgqueue.sql.IdleSubscriptionIT} has the rules. */
@PostgresTest(template = MigratedSchema.class)
class IdleSubscriptionsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final SubscriptionSettings AN_HOUR =
            SubscriptionSettings.DEFAULT.withExpireAfterIdle(Duration.ofHours(1));

    private final List<IdleSubscription> announced = new CopyOnWriteArrayList<>();
    private PgQueue queue;
    private Sql sql;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        queue = PgQueue.builder(dataSource)
                .maintenance(false)
                .pollInterval(Duration.ofMillis(100))
                .observer(new PgQueueObserver() {
                    @Override
                    public void subscriptionExpires(IdleSubscription subscription) {
                        announced.add(subscription);
                    }
                })
                .build();
        queue.admin().declareTopic(TopicSpec.of("prices"));
    }

    @AfterEach
    void close() throws SQLException {
        queue.admin().dropDestination("prices", true);
        queue.close();
        sql.close();
    }

    @Test
    void anExample() {
        // snippet: java-expire-after-idle
        queue.admin()
                .declareSubscription(SubscriptionSpec.of("prices", "dashboard-7")
                        .withSettings(SubscriptionSettings.DEFAULT.withExpireAfterIdle(Duration.ofDays(30))));
        // end snippet
        assertThat(queue.admin()
                        .subscription("prices", "dashboard-7")
                        .settings()
                        .expireAfterIdle())
                .isEqualTo(Duration.ofDays(30));
        assertThatThrownBy(() -> queue.admin()
                        .declareSubscription(
                                SubscriptionSpec.of("prices", "dashboard-7").withSettings(AN_HOUR)))
                .isInstanceOf(ConflictException.class);
    }

    @Test
    void theObserverIsToldBeforeAndAfterAndTheSenderLearnsWhatBecameOfHisMessage() throws Exception {
        queue.admin().declareSubscription(SubscriptionSpec.of("prices", "old").withSettings(AN_HOUR));
        Completion sent =
                queue.publishTracked("prices", OutgoingMessage.text("1").build());
        set("active_at", "31 minutes");
        assertThat(queue.admin().maintain().idle()).hasSize(1);
        assertThat(announced)
                .extracting(
                        IdleSubscription::topic,
                        IdleSubscription::name,
                        IdleSubscription::expireAfterIdle,
                        IdleSubscription::dropped)
                .containsExactly(tuple("prices", "old", Duration.ofHours(1), false));
        assertThat(queue.admin().metrics("prices", "old").expiresAt())
                .isEqualTo(announced.get(0).expiresAt());
        set("active_at", "61 minutes");
        set("warned_at", "31 minutes");
        assertThat(queue.admin().maintain().swept()).isEqualTo(1);
        assertThat(announced).extracting(IdleSubscription::dropped).containsExactly(false, true);
        assertThat(sent.await(PATIENCE)).extracting(Outcome::end).containsExactly(Outcome.End.DISCARDED);
        assertThatThrownBy(() -> queue.receiver("prices", "old")).isInstanceOf(NotFoundException.class);
    }

    @Test
    void aReceiverThatWaitsKeepsIt() throws Exception {
        queue.admin().declareSubscription(SubscriptionSpec.of("prices", "waits").withSettings(AN_HOUR));
        try (Receiver receiver = queue.receiver("prices", "waits")) {
            receiver.receive(1);
            set("active_at", "61 minutes");
            set("warned_at", "31 minutes");
            // Told by the poll of the JVM, not by a fetch: nothing is there to be fetched.
            receiver.whenReady(() -> {});
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> sql.value("select warned_at from pgqueue.activity") == null);
        }
        assertThat(queue.admin().maintain().idle()).isEmpty();
        assertThat(queue.admin().subscription("prices", "waits").name()).isEqualTo("waits");
    }

    @Test
    void itCanBeChangedAndTakenAway() {
        SubscriptionSpec spec = SubscriptionSpec.of("prices", "changed");
        queue.admin().declareSubscription(spec);
        assertThat(queue.admin().metrics("prices", "changed").expiresAt()).isNull();
        queue.admin().alterSubscription(spec.withSettings(AN_HOUR));
        assertThat(queue.admin().metrics("prices", "changed").expiresAt()).isNotNull();
        queue.admin().alterSubscription(spec);
        assertThat(queue.admin().metrics("prices", "changed").expiresAt()).isNull();
    }

    @Test
    void onlyDurableSubscriptionsOfTopicsHaveIt() {
        assertThatThrownBy(() -> QueueSpec.of("q").withSettings(AN_HOUR))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessage("expireAfterIdle is PT1H, must be null for a queue, which stays until it is dropped; "
                        + "give it to a subscription of a topic");
        queue.admin().declareQueue(QueueSpec.of("stays"));
        assertThatThrownBy(() -> queue.admin().alterQueue("stays", AN_HOUR))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("must be null for a queue");
        try (Client client = queue.client()) {
            assertThatThrownBy(() -> client.consume(
                            ConsumerSpec.shared("prices", "passing").withSettings(AN_HOUR)))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("not durable");
        }
    }

    private void set(String column, String ago) throws SQLException {
        sql.run("update pgqueue.activity set " + column + " = clock_timestamp() - ?::interval", ago);
    }
}
