// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.ConflictException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Two beans, or a bean and a listener, say different things of one queue, topic or subscription. Nothing was written. */
final class ContradictionException extends ConflictException {

    private static final long serialVersionUID = 1L;

    private ContradictionException(String message) {
        super(message);
    }

    /** @throws ContradictionException if two of them cannot both be; all that do not agree are named */
    static void refuse(Stream<Declared> declared) {
        List<String> found = new ArrayList<>();
        List<Declared> before = new ArrayList<>();
        declared.forEach(next -> {
            for (Declared other : before) {
                if (other.of().equals(next.of()) && !other.differences(next).isEmpty()) {
                    found.add(other.by() + " and " + next.by() + " declare " + next.of() + " differently: "
                            + String.join(", ", other.differences(next).values()));
                }
            }
            before.add(next);
        });
        if (!found.isEmpty()) {
            String all = String.join("; ", found);
            throw new ContradictionException(Character.toUpperCase(all.charAt(0)) + all.substring(1));
        }
    }
}
