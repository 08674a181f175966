// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import picocli.CommandLine.Option;

/**
 * Load before anything is measured: the JVM compiles what runs often, for some seconds and beside it, which would be counted
 * as the client's and take processor time from the server on the same machine. Filled by the command line; not safe for use
 * by several threads.
 */
final class WarmUp {

    @Option(
            names = "--warm-up",
            defaultValue = "10",
            description = "seconds of load by each before its first measured run; one run at least")
    private double seconds;

    /** A run that could be measured. */
    @FunctionalInterface
    interface Run {
        RunFigures run() throws Exception;
    }

    void with(Run run) throws Exception {
        double left = seconds;
        do {
            left -= run.run().seconds();
        } while (left > 0);
    }
}
