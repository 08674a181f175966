// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueAdmin;
import io.pgqueue.spring.annotation.PgListener;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** What Boot says of beans and listeners that the database or our rules do not agree with. */
class DeclarationAnalysisIT extends FailedStart {

    @Test
    void aQueueThatIsAnotherThanItsBeanIsExplained(PGSimpleDataSource database) {
        store(
                database,
                admin -> admin.declareQueue(QueueSpec.of("changed")
                        .withSettings(SubscriptionSettings.DEFAULT.withLease(Duration.ofSeconds(5)))));
        FailureAnalysis analysis = analysis(database, Changed.class);
        assertThat(analysis.getDescription())
                .isEqualTo("The queue 'changed' exists with lease PT5S, declared with PT30S; declare it as it is, or "
                        + "change it with alter");
        assertThat(analysis.getAction()).contains("pgqueue.changed-destination=update", "alterQueue");

        try (ConfigurableApplicationContext context =
                start(database, Changed.class, "pgqueue.changed-destination=warn")) {
            assertThat(context.getBean(PgQueue.class)
                            .admin()
                            .queue("changed")
                            .settings()
                            .lease())
                    .isEqualTo(Duration.ofSeconds(5));
        }
        try (ConfigurableApplicationContext context =
                start(database, Changed.class, "pgqueue.changed-destination=update")) {
            assertThat(context.getBean(PgQueue.class).admin().queue("changed")).isEqualTo(QueueSpec.of("changed"));
        }
    }

    @Test
    void aTopicAndASubscriptionThatAreOthersThanTheirBeansAreExplainedOrChanged(PGSimpleDataSource database) {
        store(database, admin -> {
            admin.declareTopic(TopicSpec.of("varied").withMaxBodyBytes(5000));
            admin.declareSubscription(
                    SubscriptionSpec.of("varied", "varied.red").withSelector("color = 'blue'"));
        });
        assertThat(analysis(database, Varied.class).getDescription())
                .contains("The topic 'varied' exists with maxBodyBytes 5000");
        store(database, admin -> admin.alterTopic(TopicSpec.of("varied")));
        assertThat(analysis(database, Varied.class).getDescription())
                .contains("The subscription 'varied.red' exists with filters", "blue", "red");
        try (ConfigurableApplicationContext context =
                start(database, Varied.class, "pgqueue.changed-destination=update")) {
            assertThat(context.getBean(PgQueue.class).admin().subscription("varied", "varied.red"))
                    .isEqualTo(Varied.RED);
        }
    }

    /** There is nothing to update: a queue is no topic. */
    @Test
    void aNameThatIsTakenIsAnErrorAlsoWithUpdate(PGSimpleDataSource database) {
        store(database, admin -> admin.declareQueue(QueueSpec.of("taken")));
        assertThat(analysis(database, Taken.class, "pgqueue.changed-destination=update")
                        .getDescription())
                .contains("'taken' is a queue; choose another name");
    }

    @Test
    void aListenerWithAnotherQueueForDeadLettersIsExplained(PGSimpleDataSource database) {
        store(database, admin -> {
            admin.declareQueue(QueueSpec.of("letters.dead"));
            admin.declareQueue(QueueSpec.of("letters"));
        });
        FailureAnalysis analysis = analysis(database, Letters.class);
        assertThat(analysis.getDescription())
                .contains("listener 'letters' of queue 'letters' cannot start", "exists with deadLetters");
        assertThat(analysis.getAction()).contains("alterQueue");
    }

    @Test
    void aListenerWithoutItsQueueIsExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(database, Lost.class);
        assertThat(analysis.getDescription()).contains("There is no queue 'lost'");
        assertThat(analysis.getAction()).contains("pgqueue.missing-destination=create");
    }

    /** No stack where a sentence will do, which names the bean or listener, the value and the rule. */
    @Test
    void aValueThatIsNotAllowedIsExplained(PGSimpleDataSource database) {
        FailureAnalysis bean = analysis(database, NoName.class);
        assertThat(bean.getDescription())
                .startsWith("The bean 'noName' of ")
                .contains("'no name' is not a name for a queue");
        assertThat(bean.getAction()).isEqualTo("Correct the value.");

        FailureAnalysis filter = analysis(database, HalfSelector.class);
        assertThat(filter.getDescription())
                .startsWith("The listener 'half' of subscription 'half' of topic 'halves' cannot start.")
                .contains("At character 9");
        assertThat(filter.getAction()).isEqualTo("Correct the value.");
    }

    /** Who called with it is seen in the stack only. */
    @Test
    void aValueThatTheApplicationPassesIsNotExplainedAway(PGSimpleDataSource database) {
        assertThatThrownBy(() -> start(database, WrongCall.class).close()).isInstanceOf(InvalidArgumentException.class);
        assertThat(RecordedAnalyses.take()).isEmpty();
    }

    @Test
    void aListenerMethodThatCannotWorkIsExplained(PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(database, Later.class);
        assertThat(analysis.getDescription()).contains("@PgListener on ", "returns a CompletableFuture");
        assertThat(analysis.getAction()).startsWith("Correct the annotation");
    }

    /** What the server says and advises, and nothing of our functions. */
    @Test
    void aSubscriptionWithoutItsTopicIsExplained(PGSimpleDataSource database) {
        assertThat(analysis(database, NoTopic.class).getDescription())
                .isEqualTo(
                        "There is no topic 'nowhere'. Check the spelling (case matters), or create the topic first.");
    }

    private static void store(PGSimpleDataSource database, Consumer<PgQueueAdmin> work) {
        try (PgQueue queue = PgQueue.builder(database).maintenance(false).build()) {
            work.accept(queue.admin());
        }
    }

    @Application
    static class Changed {

        @Bean
        static QueueSpec changed() {
            return QueueSpec.of("changed");
        }
    }

    @Application
    static class Varied {

        static final SubscriptionSpec RED =
                SubscriptionSpec.of("varied", "varied.red").withSelector("color = 'red'");

        @Bean
        static TopicSpec varied() {
            return TopicSpec.of("varied");
        }

        @Bean
        static SubscriptionSpec red() {
            return RED;
        }
    }

    @Application
    static class Taken {

        @Bean
        static TopicSpec taken() {
            return TopicSpec.of("taken");
        }
    }

    @Application
    static class Letters {

        @PgListener(queues = "letters", deadLetterQueue = "letters.dead")
        void handle(String text) {}
    }

    @Application
    static class NoName {

        @Bean
        static QueueSpec noName() {
            return QueueSpec.of("no name");
        }
    }

    @Application
    static class HalfSelector {

        @Bean
        static TopicSpec halves() {
            return TopicSpec.of("halves");
        }

        @PgListener(topic = "halves", subscription = "half", selector = "amount >")
        void handle(String text) {}
    }

    @Application
    static class WrongCall {

        @Bean
        static ApplicationRunner send(PgQueue queue) {
            return arguments ->
                    queue.publish("any", OutgoingMessage.text("x").priority(11).build());
        }
    }

    @Application
    static class Later {

        @PgListener("any")
        CompletableFuture<String> handle(String text) {
            return new CompletableFuture<>();
        }
    }

    @Application
    static class NoTopic {

        @Bean
        static SubscriptionSpec lost() {
            return SubscriptionSpec.of("nowhere", "lost");
        }
    }

    @Application
    static class Lost {

        @PgListener("lost")
        void handle(String text) {}
    }
}
