// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import java.lang.reflect.Method;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An annotation and where it was found.
 *
 * @param method null if it is on the class
 * @param handlers methods of the class that are {@link PgHandler}, if it is on the class
 * @param deadLetters methods of the class that are {@link PgDeadLetterHandler}
 * @param siblings all annotations of the class, this one included
 */
record DeclaredListener(
        Object bean,
        Class<?> type,
        @Nullable Method method,
        List<Method> handlers,
        List<Method> deadLetters,
        List<PgListener> siblings,
        PgListener listener) {

    String place() {
        return method == null ? type.toString() : method.toString();
    }
}
