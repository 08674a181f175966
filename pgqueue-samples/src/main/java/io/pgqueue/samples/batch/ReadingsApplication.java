// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.batch;

import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.spring.PgTemplate;
import io.pgqueue.spring.annotation.PgListener;
import io.pgqueue.spring.listener.BatchFailedException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** Stores readings of meters, up to a hundred of them with one statement and in one transaction. */
@SpringBootApplication(proxyBeanMethods = false)
public class ReadingsApplication {

    private static final Logger LOG = LoggerFactory.getLogger(ReadingsApplication.class);

    record Reading(int meter, int value) {}

    /** Runs it on the database that {@code spring.datasource.url} names. */
    public static void main(String[] args) {
        builder().web(WebApplicationType.NONE).run(args);
    }

    static SpringApplicationBuilder builder() {
        return new SpringApplicationBuilder(ReadingsApplication.class)
                .properties(
                        "spring.sql.init.mode=always", "spring.sql.init.schema-locations=classpath:batch/schema.sql");
    }

    @Bean
    QueueSpec readings() {
        RedeliveryPolicy twice = RedeliveryPolicy.DEFAULT.withMaxAttempts(2).withFixedBackoff(Duration.ofMillis(50));
        return QueueSpec.of("readings").withSettings(SubscriptionSettings.DEFAULT.withRedelivery(twice));
    }

    /** One of them is wrong: meters do not run backwards. */
    @Bean
    ApplicationRunner meters(PgTemplate template) {
        return arguments -> template.convertAndSendAll(
                "readings",
                IntStream.rangeClosed(1, 500)
                        .mapToObj(meter -> new Reading(meter, meter == 42 ? -1 : meter * 10))
                        .toList());
    }

    @Component
    static class Readings {

        private final JdbcTemplate jdbc;

        Readings(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        /** Those before a wrong reading are stored and acknowledged, it has failed, and those after it come again. */
        @PgListener(queues = "readings", batch = true, batchSize = "100")
        void store(List<Reading> readings) {
            LOG.info("{} readings", readings.size());
            for (int i = 0; i < readings.size(); i++) {
                if (readings.get(i).value() < 0) {
                    throw new BatchFailedException(i, new IllegalArgumentException("negative value"));
                }
            }
            jdbc.batchUpdate(
                    "insert into readings (meter, value) values (?, ?)",
                    readings,
                    readings.size(),
                    (statement, reading) -> {
                        statement.setInt(1, reading.meter());
                        statement.setInt(2, reading.value());
                    });
        }
    }
}
