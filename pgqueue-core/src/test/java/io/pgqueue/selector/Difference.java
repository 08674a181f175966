// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

/**
 * Where a selector's answer may differ from that of a Java evaluator, on purpose (jms-behaviour 4.4). Each one is a row of
 * docs/filters.md under its name.
 */
enum Difference {
    /** The quotient of two integers is not cut off. */
    INTEGER_DIVISION,
    /** Arithmetic with a float or double is decimal, has no infinity and no overflow. */
    DECIMAL_ARITHMETIC,
    /** Integers wrap only where the operand of the comparison has nothing but integers and no division. */
    NO_WRAP_BESIDE_REALS,
    /** A number divided by zero is unknown, also with doubles. */
    DIVISION_BY_ZERO,
    /** Long and double, or long and float, are not rounded to compare them. */
    EXACT_COMPARISON,
    /** NaN is not unequal to anything. */
    NAN_UNEQUAL,
    /** A result of arithmetic with NaN is unknown. */
    NAN_ARITHMETIC,
    /** U+0000 and lone surrogates are U+FFFD. */
    REPLACED_CHARACTERS,
    /** An underscore in LIKE is one code point. */
    CODE_POINTS
}
