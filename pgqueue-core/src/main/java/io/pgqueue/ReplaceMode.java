// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/** What happens to a message with the same replace key that still waits in a subscription. */
public enum ReplaceMode {
    /** It goes; the new one comes at its own time. Each further message puts the time off. */
    REPLACE,
    /** It goes; the new one takes over its time. If that has come already, the new one is ready, at the end of the queue. */
    KEEP_TIME,
    /** It stays and the new one goes. */
    SKIP
}
