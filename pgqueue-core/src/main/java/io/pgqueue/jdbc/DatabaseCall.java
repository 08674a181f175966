// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

/** A call of one of the functions of the schema. It shows no argument, so that no data gets into logs. */
public interface DatabaseCall {

    /** Name of the function, for example {@code publish_messages}. */
    String function();

    /** How many messages, deliveries or the like the call is for; 0 if it names none. */
    int entries();
}
