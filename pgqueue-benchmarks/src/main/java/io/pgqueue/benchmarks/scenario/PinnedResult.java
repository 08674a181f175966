// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One variant of the pinned scenario.
 *
 * @param contender who
 * @param hold what another session held open
 * @param clients publishers, and as many consumers
 * @param batch messages per call
 * @param rate messages offered per second, 0 for full speed
 * @param lastToFirst throughput of the last window divided by that of the first
 * @param lastToFree throughput of the last window divided by that of the last window with nothing held, null for that
 *     run itself
 * @param windows in order
 */
record PinnedResult(
        String contender,
        Hold hold,
        int clients,
        int batch,
        double rate,
        double lastToFirst,
        @Nullable Double lastToFree,
        List<Window> windows) {

    static PinnedResult of(
            String contender, Hold hold, PinnedLoad.Plan plan, List<Window> windows, @Nullable PinnedResult free) {
        double last = windows.get(windows.size() - 1).perSecond();
        return new PinnedResult(
                contender,
                hold,
                plan.clients(),
                plan.batch(),
                plan.rate(),
                last / windows.get(0).perSecond(),
                free == null ? null : (Double) (last / free.last()),
                windows);
    }

    double last() {
        return windows.get(windows.size() - 1).perSecond();
    }
}
