// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

/** What the three parts did in this run. Thread-safe. */
record Activity(Part api, Part consumer, Part creator) {

    static final String CREATED = "created";
    static final String REFUSED = "refused";
    static final String DELIVERIES = "deliveries";
    static final String RETRIES = "retries";
    static final String ACKS = "acks";
    static final String DEAD = "dead";
    static final String SENT = "sent";
    static final String ACCEPTED = "accepted";
    static final String FAILED = "failed";

    Activity() {
        this(
                new Part("API", CREATED, REFUSED),
                new Part("Consumer", DELIVERIES, ACKS, RETRIES, DEAD),
                new Part("Creator", SENT, ACCEPTED, FAILED));
    }
}
