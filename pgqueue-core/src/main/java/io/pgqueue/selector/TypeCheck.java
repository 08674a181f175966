// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Expression.Bool;
import io.pgqueue.selector.Expression.Comparison;
import io.pgqueue.selector.Expression.Condition;
import io.pgqueue.selector.Expression.Constant;
import io.pgqueue.selector.Expression.Operand;
import io.pgqueue.selector.Expression.Operator;
import io.pgqueue.selector.Expression.Reference;
import io.pgqueue.selector.Expression.Text;

/**
 * Refuses what can be seen to be wrong without a message: two operands of known, different types (jms-behaviour 39). What
 * an identifier holds is known for each message only and never an error.
 */
final class TypeCheck {

    private TypeCheck() {}

    enum Type {
        NUMBER,
        STRING,
        BOOLEAN,
        UNKNOWN
    }

    static Type typeOf(Expression operand) {
        if (operand instanceof Text) {
            return Type.STRING;
        }
        if (operand instanceof Bool) {
            return Type.BOOLEAN;
        }
        return operand instanceof Reference ? Type.UNKNOWN : Type.NUMBER;
    }

    /** A literal boolean or an identifier alone is a condition as well; the identifier must be TRUE. */
    static Condition condition(Parsed parsed) {
        Expression expression = parsed.expression();
        if (expression instanceof Condition condition) {
            return condition;
        }
        if (expression instanceof Bool bool) {
            return new Constant(bool.value());
        }
        if (expression instanceof Reference reference) {
            return new Comparison(reference, Operator.EQUAL, new Bool(true));
        }
        throw parsed.unexpected("a condition");
    }

    static Operand operand(Parsed parsed) {
        if (parsed.expression() instanceof Operand operand) {
            return operand;
        }
        throw parsed.unexpected("a value");
    }

    static Operand number(Parsed parsed) {
        Operand operand = operand(parsed);
        Type type = typeOf(operand);
        if (type == Type.STRING || type == Type.BOOLEAN) {
            throw parsed.unexpected("a number or an identifier");
        }
        return operand;
    }

    static Reference identifier(Parsed parsed, String word) {
        if (parsed.expression() instanceof Reference reference && !parsed.enclosed()) {
            return reference;
        }
        throw parsed.unexpected("an identifier before " + word);
    }

    static void comparable(Parsed left, Operator operator, Parsed right) {
        if (operator.orders()) {
            number(left);
            number(right);
            return;
        }
        Type a = typeOf(operand(left));
        Type b = typeOf(operand(right));
        if (a != b && a != Type.UNKNOWN && b != Type.UNKNOWN) {
            throw right.unexpected(
                    switch (a) {
                        case NUMBER -> "a number or an identifier";
                        case STRING -> "a string or an identifier";
                        default -> "TRUE, FALSE or an identifier";
                    });
        }
    }

    /** The grammar knows parentheses around conditions and arithmetic, and none around a string. */
    static Parsed enclosed(Parsed inside, int position) {
        Expression expression = inside.expression();
        if (expression instanceof Text) {
            throw inside.unexpected("a condition or a number in parentheses");
        }
        Expression whole = expression instanceof Bool ? condition(inside) : expression;
        return new Parsed(whole, position, true);
    }
}
