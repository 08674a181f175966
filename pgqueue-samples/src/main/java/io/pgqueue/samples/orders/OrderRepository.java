// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.DataClassRowMapper;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/** The table of orders; every method joins the caller's transaction. */
@Repository
class OrderRepository {

    private static final RowMapper<Order> ORDERS = DataClassRowMapper.newInstance(Order.class);

    private static final String COLUMNS = "id, number, customer, amount, state, processed_count, attempts";

    private final JdbcClient jdbc;

    OrderRepository(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    long insert(NewOrder order) {
        return jdbc.sql("insert into sample_orders (number, customer, amount) values (?, ?, ?) returning id")
                .params(order.number(), order.customer(), order.amount())
                .query(Long.class)
                .single();
    }

    Optional<Order> find(long id) {
        return jdbc.sql("select " + COLUMNS + " from sample_orders where id = ?")
                .param(id)
                .query(ORDERS)
                .optional();
    }

    List<Order> newest(int limit) {
        return jdbc.sql("select " + COLUMNS + " from sample_orders order by id desc limit ?")
                .param(limit)
                .query(ORDERS)
                .list();
    }

    /** Counts instead of setting, so that an order processed twice can be seen. */
    void markProcessed(long id, int attempt) {
        jdbc.sql("update sample_orders set state = 'PROCESSED', processed_count = processed_count + 1, attempts = ? "
                        + "where id = ?")
                .params(attempt, id)
                .update();
    }
}
