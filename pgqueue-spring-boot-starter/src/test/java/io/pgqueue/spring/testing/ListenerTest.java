// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.DeadLetter;
import io.pgqueue.Delivery;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueAdmin;
import io.pgqueue.spring.PgOperations;
import io.pgqueue.spring.listener.BatchHandler;
import io.pgqueue.spring.listener.ContainerOptions;
import io.pgqueue.spring.listener.DeliveryHandler;
import io.pgqueue.spring.listener.ListenerFilter;
import io.pgqueue.spring.listener.ListenerHandler;
import io.pgqueue.spring.listener.PgListenerContainer;
import io.pgqueue.spring.listener.PgListenerContainerFactory;
import io.pgqueue.spring.listener.PgListenerEndpoint;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/** One queue and its listeners in a running application. */
public final class ListenerTest {

    public static final Duration LONG = Duration.ofSeconds(30);

    private final ApplicationContext context;
    private final String queue;

    private ListenerTest(ApplicationContext context, String queue) {
        this.context = context;
        this.queue = queue;
    }

    /** Declares the queue, and a table {@code done (text text)} for what handlers do. */
    public static ListenerTest of(
            ApplicationContext context, String queue, UnaryOperator<SubscriptionSettings> settings) {
        ListenerTest test = new ListenerTest(context, queue);
        test.jdbc().execute("create table if not exists done (text text)");
        test.jdbc().execute("truncate done");
        test.admin().declareQueue(QueueSpec.of(queue).withSettings(settings.apply(SubscriptionSettings.DEFAULT)));
        return test;
    }

    /** What most handlers of tests look like. */
    @FunctionalInterface
    public interface Handling {

        void handle(Delivery delivery) throws Exception;
    }

    public PgListenerContainer listen(Handling handling, UnaryOperator<ContainerOptions.Builder> options) {
        DeliveryHandler handler = (delivery, acknowledgement) -> handling.handle(delivery);
        return listen(handler, options);
    }

    public PgListenerContainer listen(ListenerHandler handler, UnaryOperator<ContainerOptions.Builder> options) {
        PgListenerEndpointRegistry registry = context.getBean(PgListenerEndpointRegistry.class);
        return registry.registerListenerContainer(
                new PgListenerEndpoint(
                        queue + "-" + registry.getListenerContainerIds().size(),
                        null,
                        queue,
                        ListenerFilter.NONE,
                        handler,
                        options),
                context.getBean(PgListenerContainerFactory.class));
    }

    public void send(Object payload) {
        context.getBean(PgOperations.class).convertAndSend(queue, payload);
    }

    public void sendAll(List<?> payloads) {
        context.getBean(PgOperations.class).convertAndSendAll(queue, payloads);
    }

    public PgQueue queue() {
        return context.getBean(PgQueue.class);
    }

    public PgQueueAdmin admin() {
        return queue().admin();
    }

    public JdbcTemplate jdbc() {
        return context.getBean(JdbcTemplate.class);
    }

    public void done(String text) {
        jdbc().update("insert into done values (?)", text);
    }

    public List<String> done() {
        return jdbc().query("select text from done order by text", (row, number) -> row.getString(1));
    }

    public SubscriptionStats stats() {
        return admin().stats(null, queue);
    }

    public void awaitStats(Predicate<SubscriptionStats> condition) {
        await().atMost(LONG).ignoreExceptions().until(this::stats, condition);
    }

    public PgListenerContainer listenInBatches(BatchHandler handler, UnaryOperator<ContainerOptions.Builder> options) {
        return listen(handler, options);
    }

    public void awaitNothingLeft() {
        awaitStats(stats -> stats.unfinished() == 0);
    }

    public DeadLetter awaitDeadLetter() {
        await().atMost(LONG).until(() -> !deadLetters().isEmpty());
        assertThat(deadLetters()).hasSize(1);
        return deadLetters().get(0);
    }

    public List<DeadLetter> deadLetters() {
        return admin().deadLetters(null, queue).list(10);
    }
}
