// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

@RestController
class OrderController {

    private static final int NEWEST = 100;

    private final OrderService service;
    private final OrderRepository orders;

    OrderController(OrderService service, OrderRepository orders) {
        this.service = service;
        this.orders = orders;
    }

    @PostMapping("/orders")
    ResponseEntity<PlacedOrder> place(@RequestBody NewOrder order) {
        PlacedOrder placed = service.place(order);
        return ResponseEntity.created(URI.create("/orders/" + placed.orderId())).body(placed);
    }

    @GetMapping("/orders/{id}")
    Order get(@PathVariable long id) {
        return orders.find(id)
                .orElseThrow(() -> new ResponseStatusException(
                        HttpStatus.NOT_FOUND, "There is no order " + id + "; POST /orders makes one"));
    }

    /** The newest hundred. */
    @GetMapping("/orders")
    List<Order> list() {
        return orders.newest(NEWEST);
    }

    @GetMapping("/health")
    Map<String, String> health() {
        return Map.of("status", "UP");
    }
}
