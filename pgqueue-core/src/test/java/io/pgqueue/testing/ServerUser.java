// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The user the server programs run as: PostgreSQL refuses to run as root. */
enum ServerUser {
    /** Whoever runs the JVM. */
    SAME(-1),
    /** Still root outside, but a nameless user in a namespace of its own. */
    UNSHARED(0, "unshare", "-U"),
    /** The user "nobody", for root in a container that may not create namespaces. */
    NOBODY(65534, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--");

    private final int uid;
    private final List<String> prefix;

    ServerUser(int uid, String... prefix) {
        this.uid = uid;
        this.prefix = List.of(prefix);
    }

    static ServerUser detect() {
        if (LinuxUtils.isUnshareAvailable()) {
            return UNSHARED;
        }
        return runsAsRoot() ? NOBODY : SAME;
    }

    private static boolean runsAsRoot() {
        try {
            return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    List<String> command(List<String> command) {
        List<String> prefixed = new ArrayList<>(prefix);
        prefixed.addAll(command);
        return prefixed;
    }

    /** Makes this user the owner, whoever ran the server of this directory the last time. */
    void own(Path directory) throws IOException {
        if (uid >= 0) {
            FileTree.handTo(uid, directory);
        }
    }
}
