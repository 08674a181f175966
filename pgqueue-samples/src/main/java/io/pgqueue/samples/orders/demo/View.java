// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** Shows an activity again and again. */
interface View {

    /** Time between two looks. */
    Duration interval();

    void show();

    /** The last look. */
    void end();

    /** Panels on a terminal, else one line a second. */
    static View of(Activity activity, Optional<Terminal> terminal) {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        return terminal.<View>map(t -> new PanelView(activity, t, out)).orElseGet(() -> new LineView(activity, out));
    }
}
