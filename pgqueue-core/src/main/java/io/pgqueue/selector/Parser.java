// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Expression.And;
import io.pgqueue.selector.Expression.Bool;
import io.pgqueue.selector.Expression.Comparison;
import io.pgqueue.selector.Expression.Condition;
import io.pgqueue.selector.Expression.Field;
import io.pgqueue.selector.Expression.Header;
import io.pgqueue.selector.Expression.In;
import io.pgqueue.selector.Expression.Int;
import io.pgqueue.selector.Expression.IsNull;
import io.pgqueue.selector.Expression.Like;
import io.pgqueue.selector.Expression.Not;
import io.pgqueue.selector.Expression.Operand;
import io.pgqueue.selector.Expression.Operator;
import io.pgqueue.selector.Expression.Or;
import io.pgqueue.selector.Expression.Real;
import io.pgqueue.selector.Expression.Reference;
import io.pgqueue.selector.Expression.Text;
import io.pgqueue.selector.Token.Kind;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Recursive descent over the grammar of Jakarta Messaging 3.1, section 3.8.1. A parenthesis can open a condition or an
 * arithmetic expression, so everything is parsed by one set of rules and {@link TypeCheck} decides afterwards.
 */
final class Parser {

    private final Lexer lexer;
    private final FilterLimits limits;
    private Token token;
    private int nodes;
    private int depth;

    private Parser(String text, FilterLimits limits) {
        this.lexer = new Lexer(text);
        this.limits = limits;
        this.token = lexer.next();
    }

    static Condition parse(String text, FilterLimits limits) {
        if (text.length() > limits.selectorLength()) {
            throw new SelectorSyntaxException(
                    limits.selectorLength(), text.length() + " characters", "at most " + limits.selectorLength());
        }
        Parser parser = new Parser(text, limits);
        Condition condition = TypeCheck.condition(parser.disjunction());
        if (!parser.token.is(Kind.END)) {
            throw parser.token.unexpected("an operator, AND, OR or the end");
        }
        return condition;
    }

    private Parsed disjunction() {
        return chain(Kind.OR, this::conjunction, Or::new);
    }

    private Parsed conjunction() {
        return chain(Kind.AND, this::negation, And::new);
    }

    /** A chain is one flat node: its length says nothing about how deep the jsonpath nests. */
    private Parsed chain(Kind link, Supplier<Parsed> part, Function<List<Condition>, Condition> node) {
        Parsed first = part.get();
        if (!token.is(link)) {
            return first;
        }
        count(token);
        List<Condition> conditions = new ArrayList<>();
        conditions.add(TypeCheck.condition(first));
        while (token.is(link)) {
            take();
            conditions.add(TypeCheck.condition(part.get()));
        }
        return Parsed.of(node.apply(List.copyOf(conditions)), first.position());
    }

    private Parsed negation() {
        if (!token.is(Kind.NOT)) {
            return comparison();
        }
        Token not = take();
        count(not);
        enter(not);
        Condition condition = TypeCheck.condition(negation());
        depth--;
        return Parsed.of(new Not(condition), not.position());
    }

    private Parsed comparison() {
        Parsed left = sum();
        @Nullable
        Operator operator = switch (token.kind()) {
            case EQUAL -> Operator.EQUAL;
            case UNEQUAL -> Operator.UNEQUAL;
            case LESS -> Operator.LESS;
            case AT_MOST -> Operator.AT_MOST;
            case GREATER -> Operator.GREATER;
            case AT_LEAST -> Operator.AT_LEAST;
            default -> null;
        };
        if (operator != null) {
            count(take());
            Parsed right = sum();
            TypeCheck.comparable(left, operator, right);
            return Parsed.of(
                    new Comparison(TypeCheck.operand(left), operator, TypeCheck.operand(right)), left.position());
        }
        if (!token.is(Kind.NOT)) {
            Condition test = test(left, false);
            return test == null ? left : Parsed.of(test, left.position());
        }
        take();
        Condition test = test(left, true);
        if (test == null) {
            throw token.unexpected("BETWEEN, IN or LIKE after NOT");
        }
        return Parsed.of(test, left.position());
    }

    /** The tests that are words; NOT in front of BETWEEN is no negation but its own test (jms-behaviour 4.3). */
    private @Nullable Condition test(Parsed left, boolean not) {
        return switch (token.kind()) {
            case BETWEEN -> between(left, not);
            case IN -> not ? new Not(in(left)) : in(left);
            case LIKE -> not ? new Not(like(left)) : like(left);
            case IS -> not ? null : isNull(left);
            default -> null;
        };
    }

    private Condition between(Parsed value, boolean not) {
        Operand operand = TypeCheck.number(value);
        count(take());
        Operand low = TypeCheck.number(sum());
        expect(Kind.AND, "AND between the two limits");
        Operand high = TypeCheck.number(sum());
        return not
                ? new Or(List.of(
                        new Comparison(operand, Operator.LESS, low), new Comparison(operand, Operator.GREATER, high)))
                : new And(List.of(
                        new Comparison(operand, Operator.AT_LEAST, low),
                        new Comparison(operand, Operator.AT_MOST, high)));
    }

    private Condition in(Parsed value) {
        Reference reference = TypeCheck.identifier(value, "IN");
        count(take());
        expect(Kind.OPEN, "( and a list of strings");
        List<String> strings = new ArrayList<>();
        do {
            strings.add(string());
        } while (skip(Kind.COMMA));
        expect(Kind.CLOSE, "a comma or )");
        return new In(reference, List.copyOf(strings));
    }

    private Condition like(Parsed value) {
        Reference reference = TypeCheck.identifier(value, "LIKE");
        count(take());
        String pattern = string();
        if (!skip(Kind.ESCAPE)) {
            return new Like(reference, pattern, null);
        }
        Token literal = token;
        String escape = string();
        if (escape.isEmpty() || escape.codePointCount(0, escape.length()) != 1) {
            throw literal.unexpected("a string of exactly one character");
        }
        return new Like(reference, pattern, escape.codePointAt(0));
    }

    private Condition isNull(Parsed value) {
        Reference reference = TypeCheck.identifier(value, "IS");
        count(take());
        boolean not = skip(Kind.NOT);
        expect(Kind.NULL, not ? "NULL" : "NULL or NOT NULL");
        Condition isNull = new IsNull(reference);
        return not ? new Not(isNull) : isNull;
    }

    private Parsed sum() {
        Parsed left = product();
        while (token.is(Kind.PLUS) || token.is(Kind.MINUS)) {
            left = arithmetic(left, take(), this::product);
        }
        return left;
    }

    private Parsed product() {
        Parsed left = signed();
        while (token.is(Kind.TIMES) || token.is(Kind.DIVIDE)) {
            left = arithmetic(left, take(), this::signed);
        }
        return left;
    }

    private Parsed arithmetic(Parsed left, Token operator, Supplier<Parsed> part) {
        count(operator);
        Operand a = TypeCheck.number(left);
        Operand b = TypeCheck.number(part.get());
        return Parsed.of(Expression.arithmetic(a, operator.text().charAt(0), b), left.position());
    }

    private Parsed signed() {
        if (!token.is(Kind.PLUS) && !token.is(Kind.MINUS)) {
            return primary();
        }
        Token sign = take();
        boolean minus = sign.is(Kind.MINUS);
        if (minus && token.is(Kind.INTEGER)) {
            // The sign and the digits are taken together, or the lowest long could not be written.
            return integer(true, sign.position());
        }
        count(sign);
        enter(sign);
        Operand operand = TypeCheck.number(signed());
        depth--;
        return Parsed.of(Expression.sign(minus, operand), sign.position());
    }

    private Parsed primary() {
        Token first = token;
        return switch (first.kind()) {
            case OPEN -> enclosed();
            case INTEGER -> integer(false, first.position());
            case REAL -> leaf(new Real(new BigDecimal(take().literal().toString())), first);
            case STRING -> leaf(new Text(string()), first);
            case TRUE, FALSE -> leaf(new Bool(take().is(Kind.TRUE)), first);
            case IDENTIFIER -> leaf(reference(take()), first);
            default -> throw first.unexpected("a value or a condition");
        };
    }

    private Parsed enclosed() {
        Token open = take();
        enter(open);
        Parsed inside = disjunction();
        depth--;
        expect(Kind.CLOSE, "an operator, AND, OR or )");
        return TypeCheck.enclosed(inside, open.position());
    }

    private Parsed integer(boolean minus, int position) {
        Token number = take();
        BigInteger digits = (BigInteger) number.literal();
        BigInteger value = minus ? digits.negate() : digits;
        if (value.bitLength() > 63) {
            throw number.unexpected("a number in the range of Java's long");
        }
        count(number);
        return Parsed.of(new Int(value.longValue()), position);
    }

    private Parsed leaf(Operand operand, Token from) {
        count(from);
        return Parsed.of(operand, from.position());
    }

    private static Reference reference(Token identifier) {
        String name = identifier.text();
        if (Identifiers.isHeader(name)) {
            return new Header(name);
        }
        if (Identifiers.isReserved(name)) {
            throw identifier.unexpected("a property, or one of the headers " + Identifiers.HEADERS);
        }
        return Field.of(name);
    }

    private String string() {
        if (!token.is(Kind.STRING)) {
            throw token.unexpected("a string in single quotes");
        }
        return (String) take().literal();
    }

    private Token take() {
        Token taken = token;
        token = lexer.next();
        return taken;
    }

    private boolean skip(Kind kind) {
        if (!token.is(kind)) {
            return false;
        }
        take();
        return true;
    }

    private void expect(Kind kind, String expected) {
        if (!skip(kind)) {
            throw token.unexpected(expected);
        }
    }

    private void count(Token at) {
        if (++nodes > limits.selectorNodes()) {
            throw new SelectorSyntaxException(
                    at.position(), "node " + nodes + " of the expression", "at most " + limits.selectorNodes());
        }
    }

    private void enter(Token at) {
        if (++depth > limits.selectorDepth()) {
            throw new SelectorSyntaxException(
                    at.position(), "nesting level " + depth, "at most " + limits.selectorDepth());
        }
    }
}
