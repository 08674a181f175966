// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.schema;

import java.util.List;

/**
 * The scripts of one release.
 *
 * @param number one more than that of the release before whose scripts were others; kept with every script that is
 *     installed, so that an older release knows the newer one's
 * @param scripts in the order in which they run
 */
record Release(int number, List<Migration> scripts) {

    /** Raise the number with the first script that is changed after a release. */
    static final Release THIS = new Release(1, Migration.all());
}
