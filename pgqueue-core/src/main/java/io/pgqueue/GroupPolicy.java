// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

/** What a group does when the delivery whose turn it is fails. Messages without a group are not concerned. */
public enum GroupPolicy {
    /** The group waits through the backoff; the next one goes when this one is acked or dead. */
    BLOCK,
    /** The first failure goes to the dead letters, and the group goes on. A lease that ends is retried all the same. */
    SKIP
}
