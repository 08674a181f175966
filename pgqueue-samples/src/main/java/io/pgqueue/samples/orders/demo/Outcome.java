// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

/**
 * What the database says about the orders of this run.
 *
 * @param wanted how many were to be created
 * @param created how many the API accepted
 * @param processed how many are PROCESSED
 * @param once how many were processed by exactly one committed transaction
 * @param deliveries how often their messages were handed out
 * @param left messages of the queue that are not finished
 * @param dead dead letters of the queue that were not there before
 */
record Outcome(int wanted, int created, long processed, long once, long deliveries, long left, long dead) {

    /** Nothing to wait for any more. */
    boolean settled() {
        return left == 0;
    }

    boolean good() {
        return created == wanted && processed == created && once == created && left == 0 && dead == 0;
    }

    long retries() {
        return deliveries - processed;
    }

    /** Each transaction that processed an order holds the acknowledgement of its message. */
    String text() {
        return """

                Orders created              %7d
                Orders processed            %7d
                  exactly once              %7d   (processed_count = 1)
                Deliveries                  %7d
                Retries                     %7d
                Acknowledgements            %7d
                Left in the queue           %7d
                Dead letters                %7d

                %s
                """.formatted(created, processed, once, deliveries, retries(), processed, left, dead, verdict());
    }

    private String verdict() {
        return good()
                ? "OK: every order was processed exactly once."
                : "FAILED: wanted " + wanted + " orders, each created and processed exactly once, and an empty queue.";
    }
}
