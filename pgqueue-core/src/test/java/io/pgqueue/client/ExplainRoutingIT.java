// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.NotFoundException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueSpec;
import io.pgqueue.RoutingDecision;
import io.pgqueue.RoutingDecision.Reason;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TOP-11. */
@PostgresTest(template = MigratedSchema.class)
class ExplainRoutingIT {

    private static int topics;

    private final String topic = "explained" + topics++;
    private PgQueue queue;
    private Sql sql;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        queue = PgQueue.builder(dataSource).build();
        sql = new Sql(dataSource);
        queue.admin().declareTopic(TopicSpec.of(topic));
    }

    @AfterEach
    void close() throws SQLException {
        queue.close();
        sql.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "color = 'red' AND weight > 10              | weight > 10                | false | weight=5",
                "color = 'blue' AND weight > 10             | color = 'blue'             | false | color=\"red\"",
                "weight BETWEEN 1 AND 9 AND size = 1        | size = 1                   | true  | ",
                "(weight > 10 AND color = 'red') AND TRUE   | (weight > 10 AND color = 'red') | false | weight=5,color=\"red\"",
                "weight > 10 OR color = 'blue' AND size = 1 | weight > 10 OR color = 'blue' AND size = 1 | false | weight=5,color=\"red\"",
                "color > 5 AND weight = 5                   | color > 5                  | false | color=\"red\"",
                "NOT color LIKE 'r%'                        | NOT color LIKE 'r%'        | false | color=\"red\"",
                "weight = 5 AND JMSType = 'car'             | JMSType = 'car'            | false | JMSType=\"bike\"",
                "weight / 0 = 1                             | weight / 0 = 1             | true  | weight=5"
            })
    void theFirstClauseThatWasNotTrueIsNamedWithWhatWasSeen(
            String selector, String clause, boolean unknown, @Nullable String seen) {
        declare(spec("s").withSelector(selector));
        RoutingDecision decision = explain(message()).get(0);
        assertThat(decision.subscription()).isEqualTo(topic + "s");
        assertThat(decision.matched()).isFalse();
        Reason reason = decision.reason();
        assertThat(reason).isNotNull();
        assertThat(reason.clause()).isEqualTo(clause);
        assertThat(reason.unknown()).isEqualTo(unknown);
        assertThat(reason.seen()).isEqualTo(values(seen));
    }

    @Test
    void everySubscriptionIsExplainedAndPublishDecidesAlike() {
        declare(spec("a"));
        declare(spec("b").withAttributeFilter("{\"color\":[\"red\"],\"weight\":[1,2]}"));
        declare(spec("c").withBodyFilter("{\"/a/b\":[1]}").withSelector("weight = 5"));
        declare(spec("d").withBodyFilter("{\"n\":[1]}").withAttributeFilter("{\"color\":[\"red\"]}"));
        declare(spec("e").withBodyFilter("{\"missing\":[true]}"));
        List<RoutingDecision> decisions = explain(message());
        assertThat(decisions)
                .containsExactly(
                        new RoutingDecision(topic + "a", true, null),
                        new RoutingDecision(
                                topic + "b", false, new Reason("weight IN (1, 2)", false, Map.of("weight", "5"))),
                        new RoutingDecision(topic + "c", false, new Reason("/a/b IN (1)", false, Map.of("/a/b", "2"))),
                        new RoutingDecision(topic + "d", true, null),
                        new RoutingDecision(topic + "e", false, new Reason("missing IN (true)", true, Map.of())));
        assertThat(queue.publish(topic, message()).matched()).isEqualTo(2);
        assertThat(explain(message().toBuilder().contentType("image/png").build()))
                .extracting(RoutingDecision::matched)
                .containsExactly(true, false, false, false, false);
    }

    @Test
    void aStoredMessageIsExplainedWhereverItWaits() {
        declare(spec("all"));
        declare(spec("none").withSelector("weight = 6"));
        for (Duration delay : List.of(Duration.ZERO, Duration.ofHours(1))) {
            PublishResult sent =
                    queue.publish(topic, message().toBuilder().delay(delay).build());
            assertThat(queue.admin().explainRouting(topic, sent.messageId()))
                    .containsExactly(
                            new RoutingDecision(topic + "all", true, null),
                            new RoutingDecision(
                                    topic + "none", false, new Reason("weight = 6", false, Map.of("weight", "5"))));
        }
        assertThatThrownBy(() -> queue.admin().explainRouting(topic, UUID.randomUUID()))
                .isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> queue.admin().explainRouting("nowhere", message()))
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void nothingIsWritten() throws SQLException {
        declare(spec("all"));
        long position = sql.number("select last_value from pgqueue.position");
        explain(message());
        assertThat(sql.number("select last_value from pgqueue.position")).isEqualTo(position);
        assertThat(queue.admin().stats(topic, topic + "all").unfinished()).isZero();
    }

    @Test
    void aPathGivenInSqlIsItsOwnClauseAndAQueueTakesAll() throws SQLException {
        sql.run("select pgqueue.create_subscription(?, ?, '{\"filter\":\"$.weight == 6\"}')", topic, topic + "s");
        Reason reason = explain(message()).get(0).reason();
        assertThat(reason).isNotNull();
        assertThat(reason.clause()).contains("weight");
        queue.admin().declareQueue(QueueSpec.of(topic + "q"));
        assertThat(queue.admin().explainRouting(topic + "q", message()))
                .containsExactly(new RoutingDecision(topic + "q", true, null));
    }

    private List<RoutingDecision> explain(OutgoingMessage message) {
        return queue.admin().explainRouting(topic, message);
    }

    private void declare(SubscriptionSpec spec) {
        queue.admin().createSubscription(spec);
    }

    private SubscriptionSpec spec(String name) {
        return SubscriptionSpec.of(topic, topic + name);
    }

    private static OutgoingMessage message() {
        return OutgoingMessage.json("{\"n\":1,\"a\":{\"b\":2}}")
                .property("color", "red")
                .property("weight", 5)
                .type("bike")
                .build();
    }

    private static Map<String, String> values(@Nullable String seen) {
        if (seen == null) {
            return Map.of();
        }
        return Arrays.stream(seen.split(","))
                .map(entry -> entry.split("=", 2))
                .collect(Collectors.toMap(e -> e[0], e -> e[1]));
    }
}
