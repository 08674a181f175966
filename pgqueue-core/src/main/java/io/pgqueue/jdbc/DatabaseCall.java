// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

/**
 * A call of one of the functions of the schema, or of {@code pg_notify}. It shows no argument, so that no data gets into
 * logs.
 *
 * @param function its name, for example {@code publish_messages}
 * @param entries how many messages, deliveries or the like the call is for; 0 if it has no list of them
 * @param background whether nobody waits for it: maintenance and samples
 */
public record DatabaseCall(String function, int entries, boolean background) {}
