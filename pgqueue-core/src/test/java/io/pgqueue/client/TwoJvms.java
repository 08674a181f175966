// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.Delivery;
import io.pgqueue.TopicSpec;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Two JVMs, as far as the database can tell, with clients that come and go; and a topic for each test. */
@PostgresTest(template = MigratedSchema.class)
abstract class TwoJvms {

    PgQueue here;
    PgQueue there;
    Sql sql;
    DataSource dataSource;
    String topic;

    @BeforeEach
    void open(DataSource given) throws Exception {
        dataSource = given;
        // No heartbeat for minutes: the tests end leases themselves.
        here = PgQueue.builder(given).clientLease(Duration.ofMinutes(5)).build();
        there = PgQueue.builder(given).clientLease(Duration.ofMinutes(5)).build();
        sql = new Sql(given);
        topic = "t" + UUID.randomUUID();
        here.admin().createTopic(TopicSpec.of(topic));
    }

    @AfterEach
    void close() throws Exception {
        here.close();
        there.close();
        sql.close();
    }

    long subscriptions() throws Exception {
        return sql.number(
                "select count(*) from pgqueue.subscription s join pgqueue.destination d on d.id = s.destination_id "
                        + "where d.name = ?",
                topic);
    }

    /** As time does for a JVM that is gone. */
    void endLeaseOf(Client client) throws Exception {
        sql.run(
                "update pgqueue.node set lease_until = clock_timestamp() - interval '1 millisecond' "
                        + "where id = (select node_id from pgqueue.client where id = ?)",
                client.id());
    }

    List<String> take(ActiveConsumer consumer) {
        List<Delivery> deliveries = consumer.receiver().receive(100);
        here.ack(deliveries);
        return deliveries.stream().map(Delivery::text).toList();
    }
}
