// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.server;

import java.util.Map;

/**
 * What every result says about the server.
 *
 * @param version as in {@code server_version}
 * @param own whether we started it; a foreign one may have other guests
 * @param fsync false: nothing measured here is about durable messages
 * @param settings all that are not defaults, and those that decide about durability
 */
public record ServerFacts(String version, boolean own, boolean fsync, Map<String, String> settings) {}
