// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.requestreply;

import io.pgqueue.QueueSpec;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.annotation.PgListener;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.stereotype.Component;

/** One method that answers: to the one who asks and waits, else to a queue. */
@SpringBootApplication(proxyBeanMethods = false)
public class PricesApplication {

    private static final Logger LOG = LoggerFactory.getLogger(PricesApplication.class);

    record Question(String article, int pieces) {}

    record Quote(String article, int total) {}

    /** Runs it on the database that {@code spring.datasource.url} names. */
    public static void main(String[] args) {
        new SpringApplicationBuilder(PricesApplication.class)
                .web(WebApplicationType.NONE)
                .run(args);
    }

    @Bean
    QueueSpec questions() {
        return QueueSpec.of("questions");
    }

    @Bean
    QueueSpec quotes() {
        return QueueSpec.of("quotes");
    }

    @Bean
    ApplicationRunner customer(PgTemplate template) {
        return arguments -> {
            LOG.info("Asked and waited: {}", ask(template, new Question("pencil", 3)));
            template.convertAndSend("questions", new Question("paper", 500));
        };
    }

    /** Empty when nobody answers in time. The question is committed by itself, because nobody would see it before. */
    static Optional<Quote> ask(PgTemplate template, Question question) {
        return template.destination("questions").timeout(Duration.ofSeconds(10)).sendAndReceive(question, Quote.class);
    }

    @Component
    static class Prices {

        final Queue<Quote> sent = new ConcurrentLinkedQueue<>();

        /** The answer is sent in the transaction of the handler, to the reply address or, without one, to the queue. */
        @PgListener("questions")
        @SendTo("quotes")
        Quote price(Question question) {
            return new Quote(question.article(), 2 * question.pieces());
        }

        @PgListener("quotes")
        void send(Quote quote) {
            LOG.info("To be sent by mail: {}", quote);
            sent.add(quote);
        }
    }
}
