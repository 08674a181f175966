// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import io.pgqueue.InvalidArgumentException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * What a caller must give, checked at the door and called by the name of the parameter: further in, a null would be a bare
 * NullPointerException, or mean something else, as a topic that is null means a queue.
 */
final class Given {

    private Given() {}

    /** @throws InvalidArgumentException if it is null */
    static <T> T given(String what, @Nullable T value) {
        return InvalidArgumentException.requireGiven(what, value);
    }

    /**
     * The same for each of several.
     *
     * @throws InvalidArgumentException if they are null or one of them is; it is named by its place, from 0
     */
    static <C extends Collection<?>> C all(String what, @Nullable C values) {
        C present = given(what, values);
        int place = 0;
        for (@Nullable Object value : present) {
            if (value == null) {
                throw new InvalidArgumentException(what + "[" + place + "] is null, must be given");
            }
            place++;
        }
        return present;
    }
}
