// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.slice;

import org.springframework.stereotype.Component;

/** As a controller that needs what a test does not have. */
@Component
class Elsewhere {

    Elsewhere() {
        throw new IllegalStateException("Tests of listeners do not need this");
    }
}
