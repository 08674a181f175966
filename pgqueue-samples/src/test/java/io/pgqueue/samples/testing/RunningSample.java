// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.testing;

import static org.awaitility.Awaitility.await;

import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueAdmin;
import java.time.Duration;
import java.util.Objects;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A sample without a web server, on a test database that it prepares by itself. */
public final class RunningSample implements AutoCloseable {

    public static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ConfigurableApplicationContext context;

    public RunningSample(SpringApplicationBuilder application, PGSimpleDataSource database) {
        this.context = application
                .bannerMode(Banner.Mode.OFF)
                .web(WebApplicationType.NONE)
                .run(
                        "--spring.datasource.url=" + database.getUrl(),
                        "--spring.datasource.username=" + database.getUser(),
                        "--spring.datasource.password=" + Objects.toString(database.getPassword(), ""));
    }

    public RunningSample(Class<?> application, PGSimpleDataSource database) {
        this(new SpringApplicationBuilder(application), database);
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    public PgQueueAdmin admin() {
        return bean(PgQueue.class).admin();
    }

    public JdbcClient jdbc() {
        return bean(JdbcClient.class);
    }

    public void awaitNothingLeft(String queue) {
        await().atMost(PATIENCE).until(() -> admin().stats(queue).unfinished() == 0);
    }

    public void awaitNothingLeft(String topic, String subscription) {
        await().atMost(PATIENCE).until(() -> admin().stats(topic, subscription).unfinished() == 0);
    }

    @Override
    public void close() {
        context.close();
    }
}
