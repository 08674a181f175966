// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Expression.And;
import io.pgqueue.selector.Expression.AnyOf;
import io.pgqueue.selector.Expression.Arithmetic;
import io.pgqueue.selector.Expression.Bool;
import io.pgqueue.selector.Expression.Comparison;
import io.pgqueue.selector.Expression.Condition;
import io.pgqueue.selector.Expression.Constant;
import io.pgqueue.selector.Expression.Field;
import io.pgqueue.selector.Expression.Header;
import io.pgqueue.selector.Expression.In;
import io.pgqueue.selector.Expression.Int;
import io.pgqueue.selector.Expression.IsNull;
import io.pgqueue.selector.Expression.Like;
import io.pgqueue.selector.Expression.Not;
import io.pgqueue.selector.Expression.Operand;
import io.pgqueue.selector.Expression.Or;
import io.pgqueue.selector.Expression.Real;
import io.pgqueue.selector.Expression.Reference;
import io.pgqueue.selector.Expression.Sign;
import io.pgqueue.selector.Expression.Text;
import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes a condition as jsonpath. jsonpath is not three-valued where Jakarta Messaging is: comparing with a missing key is
 * false, not unknown, so that its negation would be true. Each condition therefore has two texts, one that is true when
 * the condition is surely true, one that is true when it is surely false; unknown is neither, and NOT swaps them
 * (jms-behaviour 4.3, whose table this class follows row by row).
 */
final class JsonPathWriter {

    /** Names of properties that are float or double, in the view of the properties; no property can be called so. */
    private static final String REALS = "#r";

    private final StringBuilder out = new StringBuilder();

    private JsonPathWriter() {}

    static String write(Condition condition) {
        return write(condition, true);
    }

    /** @param truth whether to write what is true when the condition is true, or when it is false */
    static String write(Condition condition, boolean truth) {
        JsonPathWriter writer = new JsonPathWriter();
        writer.condition(condition, truth);
        return writer.out.toString();
    }

    /** The path to a value of the message. */
    static String reference(Reference reference) {
        JsonPathWriter writer = new JsonPathWriter();
        writer.expression(reference);
        return writer.out.toString();
    }

    /** Literals for people to read. */
    static String list(List<Operand> literals) {
        JsonPathWriter writer = new JsonPathWriter();
        String separator = "(";
        for (Operand literal : literals) {
            writer.out.append(separator);
            writer.expression(literal);
            separator = ", ";
        }
        return writer.out.append(')').toString();
    }

    /** @param truth whether to write "surely true" or "surely false" */
    private void condition(Condition condition, boolean truth) {
        if (condition instanceof Not not) {
            condition(not.condition(), !truth);
        } else if (condition instanceof And and) {
            chain(and.conditions(), truth ? " && " : " || ", truth);
        } else if (condition instanceof Or or) {
            chain(or.conditions(), truth ? " || " : " && ", truth);
        } else if (condition instanceof Constant constant) {
            // A bare true before && is a syntax error.
            out.append(constant.value() == truth ? "(1 == 1)" : "(1 == 0)");
        } else if (condition instanceof Comparison comparison) {
            comparison(comparison, truth);
        } else if (condition instanceof In in) {
            in(in, truth);
        } else if (condition instanceof Like like) {
            like(like, truth);
        } else if (condition instanceof IsNull isNull) {
            isNull(isNull.value(), truth);
        } else {
            anyOf((AnyOf) condition, truth);
        }
    }

    private void chain(List<Condition> conditions, String link, boolean truth) {
        String separator = "(";
        for (Condition condition : conditions) {
            out.append(separator);
            condition(condition, truth);
            separator = link;
        }
        out.append(')');
    }

    /**
     * Integer arithmetic wraps, arithmetic with a float or double does not: which one it is, the message says. The result
     * is wrapped once and not after each step, which is the same modulo 2^64.
     */
    private void comparison(Comparison comparison, boolean truth) {
        Set<Field> fields = new LinkedHashSet<>();
        boolean integers = false;
        for (Operand operand : List.of(comparison.left(), comparison.right())) {
            if (canWrap(operand)) {
                integers = true;
                fields(operand, fields);
            }
        }
        if (fields.isEmpty()) {
            leaf(comparison, truth, integers);
            return;
        }
        out.append("((");
        reals(fields, "!", " && ");
        out.append(" && ");
        leaf(comparison, truth, true);
        out.append(") || (");
        reals(fields, "", " || ");
        out.append(" && ");
        leaf(comparison, truth, false);
        out.append("))");
    }

    private void reals(Set<Field> fields, String not, String link) {
        String separator = fields.size() == 1 ? "" : "(";
        for (Field field : fields) {
            out.append(separator).append(not).append("exists($.");
            JsonText.writeString(out, REALS);
            names(field);
            out.append(')');
            separator = link;
        }
        out.append(fields.size() == 1 ? "" : ")");
    }

    private void leaf(Comparison comparison, boolean truth, boolean wrap) {
        Operand left = comparison.left();
        Operand right = comparison.right();
        boolean orders = comparison.operator().orders();
        out.append('(');
        guard(left);
        guard(right);
        if (truth) {
            if (orders) {
                number(left, "", " && ");
                number(right, "", " && ");
            }
            compared(comparison, wrap);
        } else {
            // Unlike types are unknown in jsonpath, false in Jakarta Messaging.
            out.append("(!");
            compared(comparison, wrap);
            out.append(" || ");
            compared(comparison, wrap);
            out.append(" is unknown");
            if (orders) {
                number(left, " || !", "");
                number(right, " || !", "");
            }
            out.append(')');
        }
        out.append(')');
    }

    private void compared(Comparison comparison, boolean wrap) {
        out.append('(');
        operand(comparison.left(), wrap);
        out.append(' ').append(comparison.operator().jsonPath).append(' ');
        operand(comparison.right(), wrap);
        out.append(')');
    }

    /** That the operand has a value at all: true for a literal, which needs no text. */
    private void guard(Operand operand) {
        if (operand instanceof Field) {
            out.append("exists(");
            expression(operand);
            out.append(") && ");
        } else if (operand instanceof Header) {
            out.append('(');
            expression(operand);
            out.append(" != null) && ");
        } else if (operand instanceof Sign || operand instanceof Arithmetic) {
            out.append('(');
            expression(operand);
            out.append(" == ");
            expression(operand);
            out.append(") && ");
        }
    }

    /** jsonpath would order strings and booleans as well. */
    private void number(Operand operand, String before, String after) {
        if (operand instanceof Reference) {
            out.append(before).append('(');
            expression(operand);
            out.append(".type() == \"number\")").append(after);
        }
    }

    private void in(In in, boolean truth) {
        out.append('(');
        guard(in.value());
        out.append(truth ? "(" : "!(");
        equals(in.value(), in.strings().stream().map(Text::new).toList());
        out.append("))");
    }

    private void anyOf(AnyOf anyOf, boolean truth) {
        out.append('(');
        guard(anyOf.value());
        out.append(truth ? "(" : "(!(");
        equals(anyOf.value(), anyOf.literals());
        if (!truth) {
            out.append(") || (");
            equals(anyOf.value(), anyOf.literals());
            out.append(") is unknown");
        }
        out.append("))");
    }

    private void equals(Reference value, List<? extends Operand> literals) {
        String separator = "";
        for (Operand literal : literals) {
            out.append(separator);
            expression(value);
            out.append(" == ");
            expression(literal);
            separator = " || ";
        }
    }

    /** Without the guard a missing property would be surely false. */
    private void like(Like like, boolean truth) {
        out.append('(');
        guard(like.value());
        out.append(truth ? "(" : "!(");
        expression(like.value());
        out.append(" like_regex ");
        JsonText.writeString(out, LikePattern.toRegex(like.pattern(), like.escape()));
        // Flag s lets the dot match a line end.
        out.append(" flag \"s\"))");
    }

    private void isNull(Reference value, boolean truth) {
        if (value instanceof Header) {
            out.append('(');
            expression(value);
            out.append(truth ? " == null)" : " != null)");
        } else {
            out.append(truth ? "!exists(" : "exists(");
            expression(value);
            out.append(')');
        }
    }

    private void operand(Operand operand, boolean wrap) {
        if (wrap && canWrap(operand)) {
            out.append("((");
            expression(operand);
            // 2^64, 2^64 + 2^63, 2^64 and 2^63: the remainder of a negative number is negative.
            out.append(" % 18446744073709551616 + 27670116110564327424)"
                    + " % 18446744073709551616 - 9223372036854775808)");
        } else {
            expression(operand);
        }
    }

    private void expression(Operand operand) {
        if (operand instanceof Field field) {
            out.append('$');
            names(field);
        } else if (operand instanceof Header header) {
            out.append('$').append(header.name());
        } else if (operand instanceof Text text) {
            JsonText.writeString(out, text.value());
        } else if (operand instanceof Bool bool) {
            out.append(bool.value());
        } else if (operand instanceof Int number) {
            number(BigDecimal.valueOf(number.value()));
        } else if (operand instanceof Real number) {
            number(number.value());
        } else if (operand instanceof Sign sign) {
            out.append(sign.minus() ? "(-" : "(+");
            expression(sign.operand());
            out.append(')');
        } else {
            out.append('(');
            terms((Arithmetic) operand);
            out.append(')');
        }
    }

    /** a + b - c without parentheses inside: jsonpath, too, goes from left to right. */
    private void terms(Arithmetic arithmetic) {
        if (arithmetic.left() instanceof Arithmetic left && left.isSum() == arithmetic.isSum()) {
            terms(left);
        } else {
            expression(arithmetic.left());
        }
        out.append(' ').append(arithmetic.operator()).append(' ');
        expression(arithmetic.right());
    }

    /** In parentheses when negative: a sign binds tighter in a number than in jsonpath. */
    private void number(BigDecimal number) {
        out.append(number.signum() < 0 ? "(" + number + ")" : number.toString());
    }

    private void names(Field field) {
        for (String name : field.names()) {
            out.append('.');
            JsonText.writeString(out, name);
        }
    }

    /** Arithmetic whose only literals are integers and which has no division: long arithmetic if its properties are. */
    private static boolean canWrap(Operand operand) {
        return (operand instanceof Sign || operand instanceof Arithmetic) && isIntegral(operand);
    }

    private static boolean isIntegral(Operand operand) {
        if (operand instanceof Sign sign) {
            return isIntegral(sign.operand());
        }
        if (operand instanceof Arithmetic arithmetic) {
            return arithmetic.operator() != '/' && isIntegral(arithmetic.left()) && isIntegral(arithmetic.right());
        }
        return !(operand instanceof Real);
    }

    private static void fields(Operand operand, Set<Field> fields) {
        if (operand instanceof Sign sign) {
            fields(sign.operand(), fields);
        } else if (operand instanceof Arithmetic arithmetic) {
            fields(arithmetic.left(), fields);
            fields(arithmetic.right(), fields);
        } else if (operand instanceof Field field) {
            fields.add(field);
        }
    }
}
