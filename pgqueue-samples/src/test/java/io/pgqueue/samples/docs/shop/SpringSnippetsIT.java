// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.DeadLetter;
import io.pgqueue.Redrive;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueAdmin;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.Banner;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

@PostgresTest
class SpringSnippetsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Test
    void sendsListensRetriesAndBuries(PGSimpleDataSource database) {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(ShopApplication.class)
                .bannerMode(Banner.Mode.OFF)
                .run(
                        "--server.port=0",
                        "--spring.datasource.url=" + database.getUrl(),
                        "--spring.datasource.username=" + database.getUser(),
                        "--spring.datasource.password=" + Objects.toString(database.getPassword(), ""))) {
            JdbcClient jdbc = context.getBean(JdbcClient.class);
            jdbc.sql("create table purchases (id bigint primary key)").update();
            jdbc.sql("create table parcels (id bigint, attempt integer)").update();
            Checkout checkout = context.getBean(Checkout.class);
            PgQueueAdmin admin = context.getBean(PgQueue.class).admin();

            checkout.buy(1, "Main Street 1");
            checkout.buy(2, "");
            await().atMost(PATIENCE).until(() -> admin.stats("shipping").dead() == 1);
            assertThat(parcels(jdbc)).containsExactly(1L);
            assertThat(buried(admin)).containsExactly("MAX_ATTEMPTS after 3: Order 2 has no address");

            assertThat(redriven(admin)).isEqualTo(1);
            await().atMost(PATIENCE).until(() -> admin.stats("shipping").dead() == 1);
            assertThat(parcels(jdbc)).containsExactly(1L);
        }
    }

    private static List<Long> parcels(JdbcClient jdbc) {
        return jdbc.sql("select id from parcels")
                .query((row, number) -> row.getLong(1))
                .list();
    }

    private static List<String> buried(PgQueueAdmin admin) {
        List<String> log = new ArrayList<>();
        // snippet: spring-dead-letters
        for (DeadLetter dead : admin.deadLetters("shipping").list(100)) {
            log.add(dead.reason() + " after " + dead.attempts() + ": "
                    + dead.failure().message());
        }
        // end snippet
        return log;
    }

    private static long redriven(PgQueueAdmin admin) {
        // snippet: spring-redrive
        long back = admin.deadLetters("shipping").redrive(Redrive.ALL);
        // end snippet
        return back;
    }
}
