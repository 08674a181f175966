// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

/**
 * A piece of a selector while its type is still open.
 *
 * @param position index of its first char, for errors
 * @param enclosed in parentheses, where the grammar allows less than a bare identifier
 */
record Parsed(Expression expression, int position, boolean enclosed) {

    static Parsed of(Expression expression, int position) {
        return new Parsed(expression, position, false);
    }

    SelectorSyntaxException unexpected(String expected) {
        return new SelectorSyntaxException(position, describe(), expected);
    }

    private String describe() {
        if (expression instanceof Expression.Condition) {
            return "a condition";
        }
        return switch (TypeCheck.typeOf(expression)) {
            case NUMBER -> "a number";
            case STRING -> "a string";
            case BOOLEAN -> "TRUE or FALSE";
            case UNKNOWN -> enclosed ? "an identifier in parentheses" : "an identifier";
        };
    }
}
