// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a publisher may not give, by any of the functions it may call: the inner ones do not go through the checks of Java. */
@PostgresTest(template = SchemaWithRoles.class)
class ForgeryIT {

    private static final String ONE =
            "%d, gen_random_uuid(), ''::bytea, %s, %d::smallint, null, null, null, null, null, null, null, null";
    private static final String MANY =
            "%d, array[gen_random_uuid()], array[''::bytea], array[%s], array[%d::smallint], null, null, null, null, null, "
                    + "null, null, null";
    private static final String KEYED =
            "%d, array[gen_random_uuid()], array[''::bytea], array[%s], array[%d::smallint], "
                    + "array[null::text], array[null::text], array[null::text], array[null::text], array[null::text], "
                    + "array[null::bigint], array[null::bigint], array[null::timestamptz]";

    private Sql admin;
    private Sql publisher;
    private int plain;
    private int filtered;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        admin = new Sql(dataSource);
        publisher = new Sql(dataSource);
        admin.run("select pgqueue.create_queue('plain', declare_only => true)");
        admin.run("select pgqueue.create_topic('filtered', declare_only => true)");
        admin.run(
                "select pgqueue.create_subscription('filtered', 'all', '{\"filter\":\"1 == 1\"}', declare_only => true)");
        plain = admin.destination("plain");
        filtered = admin.destination("filtered");
        publisher.run("set role pgqueue_publisher");
    }

    @AfterEach
    void close() throws SQLException {
        admin.close();
        publisher.close();
    }

    private List<String> calls(int destination, String properties, int priority) {
        String one = ONE.formatted(destination, properties, priority);
        String many = MANY.formatted(destination, properties, priority);
        String keyed = KEYED.formatted(destination, properties, priority);
        return List.of(
                "select pgqueue.publish_message(" + one + ")",
                "select pgqueue.publish_tracked(" + one + ", 60000)",
                "select pgqueue.publish_messages(" + many + ")",
                "select pgqueue.publish_with_keys(" + keyed + ", array['k'], null, null)",
                "select pgqueue.publish_with_keys(" + keyed + ", null, array['k'], array['replace'])");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "JMSXDeliveryCount",
                "JMSXUserID",
                "JMS_PGQ_DeadReason",
                "JMS_PGQ_DeadDestination",
                "JMS_PGQ_DeadSubscription",
                "JMS_PGQ_DeadAttempts",
                "JMS_PGQ_DeadAt",
                "JMS_PGQ_DeadErrorClass",
                "JMS_PGQ_DeadError",
                "JMS_PGQ_DeadStack",
                "JMS_PGQ_DeadConsumer",
                "JMS_PGQ_DeadFirstFailedAt",
                "JMS_PGQ_DeadLastFailedAt"
            })
    void whatOnlyWeSetIsRefused(String property) throws SQLException {
        String forged = "jsonb_build_object('color', 'red', '" + property + "', 'x')";
        for (int destination : new int[] {plain, filtered}) {
            for (String call : calls(destination, forged, 4)) {
                assertThatThrownBy(() -> publisher.run(call))
                        .as(call)
                        .hasMessageContaining(property)
                        .extracting("SQLState")
                        .isEqualTo("PQ003");
            }
        }
        assertThatThrownBy(() -> publisher.run("select pgqueue.publish('plain', 'x', " + forged + ")"))
                .extracting("SQLState")
                .isEqualTo("PQ003");
    }

    /** A list would be stored, and every client that received it would fail. */
    @Test
    void propertiesAreAnObject() {
        for (String call : calls(plain, "'[1]'::jsonb", 4)) {
            assertThatThrownBy(() -> publisher.run(call))
                    .as(call)
                    .hasMessageContaining("array")
                    .extracting("SQLState")
                    .isEqualTo("PQ002");
        }
    }

    /** Beyond 9 are the lanes in which members of groups wait, where no fetch looks. */
    @ParameterizedTest
    @ValueSource(ints = {-1, 10, 14, 19, 32767})
    void aPriorityIsZeroToNine(int priority) {
        for (int destination : new int[] {plain, filtered}) {
            for (String call : calls(destination, "null::jsonb", priority)) {
                assertThatThrownBy(() -> publisher.run(call))
                        .as(call)
                        .hasMessageContaining("priority")
                        .extracting("SQLState")
                        .isEqualTo("PQ002");
            }
        }
    }

    @Test
    void whatIsAllowedIsTaken() throws SQLException {
        for (int destination : new int[] {plain, filtered}) {
            for (String call : calls(destination, "'{\"color\":\"red\",\"JMSXGroupSeq\":1}'::jsonb", 9)) {
                publisher.run(call);
            }
        }
        assertThat(admin.number("select count(*) from pgqueue.delivery where priority = 9"))
                .isGreaterThanOrEqualTo(8);
    }
}
