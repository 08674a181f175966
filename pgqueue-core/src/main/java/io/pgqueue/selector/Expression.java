// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What all filters are parsed into: conditions, which are true, false or unknown, over operands, which are values. */
sealed interface Expression {

    sealed interface Condition extends Expression {}

    record Constant(boolean value) implements Condition {}

    record Not(Condition condition) implements Condition {}

    record And(List<Condition> conditions) implements Condition {}

    record Or(List<Condition> conditions) implements Condition {}

    record Comparison(Operand left, Operator operator, Operand right) implements Condition {}

    record In(Reference value, List<String> strings) implements Condition {}

    record Like(Reference value, String pattern, @Nullable Integer escape) implements Condition {}

    record IsNull(Reference value) implements Condition {}

    /** The list of an attribute or body filter: equal to one of the values, which are literals of any type. */
    record AnyOf(Reference value, List<Operand> literals) implements Condition {}

    enum Operator {
        EQUAL("=="),
        UNEQUAL("!="),
        LESS("<"),
        AT_MOST("<="),
        GREATER(">"),
        AT_LEAST(">=");

        final String jsonPath;

        Operator(String jsonPath) {
            this.jsonPath = jsonPath;
        }

        boolean orders() {
            return this != EQUAL && this != UNEQUAL;
        }
    }

    sealed interface Operand extends Expression {}

    /** A value of the message. */
    sealed interface Reference extends Operand {}

    /** A header, which is a variable of the jsonpath. */
    record Header(String name) implements Reference {}

    /** A property, or a field of the body: the names from the outside in. */
    record Field(List<String> names) implements Reference {

        static Field of(String name) {
            return new Field(List.of(name));
        }
    }

    record Text(String value) implements Operand {}

    record Bool(boolean value) implements Operand {}

    /** An exact literal: 64 bits, and arithmetic with it wraps. */
    record Int(long value) implements Operand {}

    record Real(BigDecimal value) implements Operand {}

    record Sign(boolean minus, Operand operand) implements Operand {}

    record Arithmetic(Operand left, char operator, Operand right) implements Operand {

        /** Plus and minus bind alike, and so do times and divided by. */
        boolean isSum() {
            return operator == '+' || operator == '-';
        }
    }

    /** Folds integer literals with Java's overflow; the quotient of two integers is none (docs/filters.md). */
    static Operand arithmetic(Operand left, char operator, Operand right) {
        if (left instanceof Int a && right instanceof Int b) {
            switch (operator) {
                case '+':
                    return new Int(a.value() + b.value());
                case '-':
                    return new Int(a.value() - b.value());
                case '*':
                    return new Int(a.value() * b.value());
                default:
            }
        }
        return new Arithmetic(left, operator, right);
    }

    static Operand sign(boolean minus, Operand operand) {
        if (operand instanceof Int number) {
            return new Int(minus ? -number.value() : number.value());
        }
        if (operand instanceof Real number) {
            return new Real(minus ? number.value().negate() : number.value());
        }
        return new Sign(minus, operand);
    }
}
