// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.QueueSpec;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.actuate.PgListenersEndpoint.Action;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.listener.PgListenerContainer;
import io.pgqueue.spring.listener.PgListenerEndpointRegistry;
import io.pgqueue.spring.testing.Blocker;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** SPR-7: single listeners are started, stopped, paused and resumed over HTTP. */
@PostgresTest(template = MigratedSchema.class)
class ListenersEndpointIT {

    private static final String ALL = "pgqueue.endpoint.listeners.allow-";

    private final HttpClient http = HttpClient.newHttpClient();

    private static ConfigurableApplicationContext start(PGSimpleDataSource database, String... properties) {
        List<String> all = new ArrayList<>(List.of(
                "server.port=0",
                "spring.main.banner-mode=off",
                "spring.flyway.enabled=false",
                "spring.datasource.url=" + database.getURL(),
                "spring.datasource.username=" + database.getUser(),
                "management.endpoints.web.exposure.include=health,pgqueue,pgqueuelisteners",
                "management.endpoint.health.show-details=always"));
        all.addAll(List.of(properties));
        return new SpringApplicationBuilder(Application.class)
                .properties(all.toArray(String[]::new))
                .run();
    }

    private static ConfigurableApplicationContext startWithAllAllowed(PGSimpleDataSource database) {
        return start(database, ALL + "start=true", ALL + "stop=true", ALL + "pause=true", ALL + "resume=true");
    }

    @Test
    void aListenerIsPausedAndResumedAndTheOthersGoOn(PGSimpleDataSource database) throws Exception {
        try (ConfigurableApplicationContext context = startWithAllAllowed(database)) {
            PgTemplate template = context.getBean(PgTemplate.class);
            Application application = context.getBean(Application.class);
            assertThat(get(context, "/pgqueuelisteners").body())
                    .contains("\"id\":\"held\"", "\"destination\":\"listeners.held\"", "\"id\":\"free\"");
            assertThat(get(context, "/pgqueuelisteners/held").body()).contains("\"state\":\"RUNNING\"");

            assertThat(post(context, "held", "pause").body()).contains("\"state\":\"PAUSED\"");
            template.convertAndSend("listeners.held", "held");
            template.convertAndSend("listeners.free", "free");
            assertThat(application.seen.poll(30, TimeUnit.SECONDS)).isEqualTo("free");
            assertThat(application.seen).isEmpty();
            assertThat(get(context, "/health").body()).contains("\"held\":\"PAUSED\"");
            assertThat(get(context, "/health").statusCode())
                    .as("a paused listener is not ill")
                    .isEqualTo(200);

            assertThat(post(context, "held", "resume").body()).contains("\"state\":\"RUNNING\"");
            assertThat(application.seen.poll(30, TimeUnit.SECONDS)).isEqualTo("held");
        }
    }

    @Test
    void aStopWaitsForTheHandlerAndAStartGoesOn(PGSimpleDataSource database) throws Exception {
        try (ConfigurableApplicationContext context = startWithAllAllowed(database)) {
            PgTemplate template = context.getBean(PgTemplate.class);
            Application application = context.getBean(Application.class);
            template.convertAndSend("listeners.held", "slow");
            application.blocker.awaitEntered();
            CompletableFuture<HttpResponse<String>> stopping =
                    http.sendAsync(action(context, "/pgqueuelisteners/held", "stop"), BodyHandlers.ofString());
            PgListenerContainer held = Objects.requireNonNull(
                    context.getBean(PgListenerEndpointRegistry.class).getListenerContainer("held"));
            await().until(() -> !held.isRunning());
            assertThat(stopping).isNotDone();
            application.blocker.release();
            assertThat(stopping.get(30, TimeUnit.SECONDS).body()).contains("\"state\":\"STOPPED\"");
            assertThat(application.seen.poll(30, TimeUnit.SECONDS)).isEqualTo("slow");

            template.convertAndSend("listeners.held", "later");
            assertThat(get(context, "/health").statusCode())
                    .as("one that starts by itself does not run")
                    .isEqualTo(503);
            assertThat(post(context, "held", "start").body()).contains("\"state\":\"RUNNING\"");
            assertThat(application.seen.poll(30, TimeUnit.SECONDS)).isEqualTo("later");
            assertThat(get(context, "/health").statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyActionNeedsItsOwnPermission(Action action, PGSimpleDataSource database) throws Exception {
        String allowed = action.name().toLowerCase(Locale.ROOT);
        try (ConfigurableApplicationContext context = start(database, ALL + allowed + "=true")) {
            for (Action other : Action.values()) {
                String name = other.name().toLowerCase(Locale.ROOT);
                HttpResponse<String> answer = post(context, "held", name);
                if (other == action) {
                    assertThat(answer.statusCode()).as(name).isEqualTo(200);
                    assertThat(post(context, "nobody", name).statusCode()).isEqualTo(404);
                } else {
                    assertThat(answer.statusCode()).as(name).isEqualTo(400);
                    assertThat(answer.body()).contains(ALL + name + "=true");
                }
            }
            assertThat(get(context, "/pgqueuelisteners/nobody").statusCode()).isEqualTo(404);
        }
    }

    /** Those of the endpoint for destinations speak HTTP in the same way. */
    @Test
    void whatIsRefusedOrMissingIsSaid(PGSimpleDataSource database) throws Exception {
        try (ConfigurableApplicationContext context = start(database, "pgqueue.endpoint.allow-redrive=true")) {
            String held = "/pgqueue/listeners.held/listeners.held";
            assertThat(act(context, held, "redrive").statusCode()).isEqualTo(200);
            assertThat(act(context, "/pgqueue/nobody/nobody", "redrive").statusCode())
                    .isEqualTo(404);
            HttpResponse<String> refused = act(context, held, "resume");
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).contains("pgqueue.endpoint.allow-resume=true");
            assertThat(get(context, held).body()).contains("\"ready\":0");
            assertThat(get(context, held + "?deadLetters=1001").body()).contains("0 to 1000");
            assertThat(get(context, "/pgqueue/nobody/nobody").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void oneThatCannotStartSaysWhy(PGSimpleDataSource database) throws Exception {
        try (ConfigurableApplicationContext context = startWithAllAllowed(database)) {
            HttpResponse<String> answer = post(context, "lost", "start");
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).contains("There is no queue 'listeners.lost'");
            assertThat(get(context, "/pgqueuelisteners/lost").body()).contains("\"state\":\"STOPPED\"");
        }
    }

    private static HttpRequest.Builder request(ConfigurableApplicationContext context, String path) {
        String port = context.getEnvironment().getRequiredProperty("local.server.port");
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/actuator" + path));
    }

    private HttpResponse<String> get(ConfigurableApplicationContext context, String path)
            throws IOException, InterruptedException {
        return http.send(request(context, path).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(ConfigurableApplicationContext context, String id, String action)
            throws IOException, InterruptedException {
        return act(context, "/pgqueuelisteners/" + id, action);
    }

    private HttpResponse<String> act(ConfigurableApplicationContext context, String path, String action)
            throws IOException, InterruptedException {
        return http.send(action(context, path, action), BodyHandlers.ofString());
    }

    private static HttpRequest action(ConfigurableApplicationContext context, String path, String action) {
        return request(context, path)
                .POST(BodyPublishers.ofString("{\"action\": \"" + action + "\"}"))
                .header("Content-Type", "application/json")
                .build();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        final Blocker blocker = new Blocker();

        @Bean
        static QueueSpec held() {
            return QueueSpec.of("listeners.held");
        }

        @Bean
        static QueueSpec free() {
            return QueueSpec.of("listeners.free");
        }

        @PgListener(queues = "listeners.held", id = "held")
        void held(String text) throws InterruptedException {
            if (text.equals("slow")) {
                blocker.block();
            }
            seen.add(text);
        }

        @PgListener(queues = "listeners.free", id = "free")
        void free(String text) {
            seen.add(text);
        }

        @PgListener(queues = "listeners.lost", id = "lost", autoStartup = "false")
        void lost(String text) {}
    }
}
