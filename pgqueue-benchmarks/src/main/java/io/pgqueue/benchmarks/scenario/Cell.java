// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

/**
 * One combination that is measured.
 *
 * @param phase what the clients do
 * @param batch messages per call; without meaning for single acks
 * @param clients threads, in the steady phase of each kind
 * @param fanout subscriptions that each get every message
 * @param analysed whether the engine's leaves were analysed before the run
 */
record Cell(Phase phase, int batch, int clients, int fanout, boolean analysed) {}
