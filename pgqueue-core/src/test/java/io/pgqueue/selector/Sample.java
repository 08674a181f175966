// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A selector as the tests make it up: a tree of their own, so that a mistake of the parser cannot hide. */
final class Sample {

    private Sample() {}

    sealed interface Condition {}

    record Constant(boolean value) implements Condition {}

    record Bare(String name) implements Condition {}

    record Not(Condition part) implements Condition {}

    record Chain(boolean and, List<Condition> parts) implements Condition {}

    record Compare(Operand left, String operator, Operand right) implements Condition {}

    record Between(Operand value, boolean not, Operand low, Operand high) implements Condition {}

    record In(String name, boolean not, List<String> strings) implements Condition {}

    record Like(
            String name,
            boolean not,
            String pattern,
            @Nullable String escape) implements Condition {}

    record IsNull(String name, boolean not) implements Condition {}

    sealed interface Operand {}

    record Name(String name) implements Operand {}

    /** The value of the text, widened to Long if integral. */
    record Literal(String text, Object value) implements Operand {}

    record Sign(char sign, Operand operand) implements Operand {}

    record Arithmetic(Operand left, char operator, Operand right) implements Operand {}
}
