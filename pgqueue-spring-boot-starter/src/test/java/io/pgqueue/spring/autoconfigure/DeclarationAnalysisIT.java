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
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
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

    /** The stored queue is not to blame, and none is stored: the next start would meet what half of the beans say. */
    @Test
    void beansThatContradictOneAnotherAreNamedBeforeAnythingIsWritten(PGSimpleDataSource database) {
        FailureAnalysis analysis = analysis(database, TwoMinds.class, "pgqueue.changed-destination=update");
        assertThat(analysis.getDescription())
                .isEqualTo("The bean 'one' and the bean 'other' declare 'minds' differently: maxBodyBytes is 5000 and "
                        + "4194304, lease is PT30S and PT5S; "
                        + "the bean 'minds.queue' and the bean 'minds.topic' declare 'minds.kind' differently: kind is a "
                        + "queue and a topic; "
                        + "the bean 'red' and the bean 'blue' declare subscription 'minds.colour' differently: filter is "
                        + "[selector colour = 'red', attributes null, body null] and "
                        + "[selector colour = 'blue', attributes null, body null]");
        assertThat(analysis.getAction()).startsWith("Let them say the same");
        store(
                database,
                admin -> assertThat(Stream.of("minds", "minds.kind", "minds.colours")
                                .map(admin::isQueue))
                        .containsOnly(Optional.empty()));
    }

    @Test
    void aListenerThatContradictsABeanIsNamedBeforeAnythingIsWritten(PGSimpleDataSource database) {
        assertThat(analysis(database, OtherLetters.class).getDescription())
                .isEqualTo("The bean 'queue' and the listener 'fussy' of queue 'fussy' declare 'fussy' differently: "
                        + "deadLetters.queue is null and fussy.dead");
        store(database, admin -> assertThat(admin.isQueue("fussy")).isEmpty());
    }

    @Test
    void beansThatSayTheSameInOtherWordsAgree(PGSimpleDataSource database) {
        try (ConfigurableApplicationContext context = start(database, Agreed.class)) {
            assertThat(context.getBean(PgQueue.class).admin().isQueue("agreed")).contains(true);
        }
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
    static class TwoMinds {

        @Bean
        static QueueSpec first() {
            return QueueSpec.of("minds.first");
        }

        @Bean
        static QueueSpec one() {
            return QueueSpec.of("minds").withMaxBodyBytes(5000);
        }

        @Bean
        static QueueSpec other() {
            return QueueSpec.of("minds").withSettings(SubscriptionSettings.DEFAULT.withLease(Duration.ofSeconds(5)));
        }

        @Bean("minds.queue")
        static QueueSpec queue() {
            return QueueSpec.of("minds.kind");
        }

        @Bean("minds.topic")
        static TopicSpec topic() {
            return TopicSpec.of("minds.kind");
        }

        @Bean
        static TopicSpec colours() {
            return TopicSpec.of("minds.colours");
        }

        @Bean
        static SubscriptionSpec red() {
            return SubscriptionSpec.of("minds.colours", "minds.colour").withSelector("colour = 'red'");
        }

        @Bean
        static SubscriptionSpec blue() {
            return SubscriptionSpec.of("minds.colours", "minds.colour").withSelector("colour = 'blue'");
        }
    }

    @Application
    static class OtherLetters {

        @Bean
        static QueueSpec queue() {
            return QueueSpec.of("fussy");
        }

        @Bean
        static QueueSpec dead() {
            return QueueSpec.of("fussy.dead");
        }

        @PgListener(id = "fussy", queues = "fussy", deadLetterQueue = "fussy.dead")
        void handle(String text) {}
    }

    @Application
    static class Agreed {

        @Bean
        static QueueSpec queue() {
            return QueueSpec.of("agreed");
        }

        @Bean
        static QueueSpec again() {
            return QueueSpec.of("agreed");
        }

        @Bean
        static TopicSpec topic() {
            return TopicSpec.of("agreed.topic");
        }

        @Bean
        static SubscriptionSpec filter() {
            return SubscriptionSpec.of("agreed.topic", "agreed.some").withSelector("size > 1");
        }

        @Bean
        static SubscriptionSpec sameFilter() {
            return SubscriptionSpec.of("agreed.topic", "agreed.some").withSelector("(size)>1");
        }

        @PgListener(queues = "agreed")
        void handle(String text) {}

        @PgListener(topic = "agreed.topic", subscription = "agreed.some")
        void handleSome(String text) {}

        @PgListener(queues = "agreed", deadLetterQueue = "nowhere", autoStartup = "false")
        void isNotStarted(String text) {}
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
