// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import io.pgqueue.selector.Expression.And;
import io.pgqueue.selector.Expression.AnyOf;
import io.pgqueue.selector.Expression.Condition;
import io.pgqueue.selector.Expression.Field;
import io.pgqueue.selector.Expression.Header;
import io.pgqueue.selector.Expression.Reference;
import io.pgqueue.selector.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Takes filters apart into the conditions that must all be true. */
final class Clauses {

    /** What makes a path over a body see lists as lists. */
    private static final String STRICT = "strict ";

    private Clauses() {}

    /** The parts between the ANDs that are in no parentheses; one, if there is an OR in none. */
    static List<Clause> of(Selector selector) {
        String text = selector.text();
        Lexer lexer = new Lexer(text);
        List<Clause> clauses = new ArrayList<>();
        Map<String, String> values = new LinkedHashMap<>();
        int start = 0;
        int depth = 0;
        boolean between = false;
        for (Token token = lexer.next(); ; token = lexer.next()) {
            boolean link = token.is(Kind.AND) && depth == 0;
            if (token.is(Kind.OR) && depth == 0) {
                return List.of(clause(text, values(text)));
            }
            if (token.is(Kind.END) || link && !between) {
                clauses.add(clause(text.substring(start, token.position()).trim(), values));
                values = new LinkedHashMap<>();
                start = token.position() + token.text().length();
            }
            if (token.is(Kind.END)) {
                return clauses;
            }
            // BETWEEN has an AND of its own.
            between = token.is(Kind.BETWEEN) && depth == 0 || between && !link;
            depth += token.is(Kind.OPEN) ? 1 : token.is(Kind.CLOSE) ? -1 : 0;
            value(token, values);
        }
    }

    static List<Clause> of(ValuesFilter filter) {
        boolean onBody = filter instanceof BodyFilter;
        String mode = onBody ? STRICT : "";
        List<Clause> clauses = new ArrayList<>();
        for (Condition condition : ((And) filter.condition()).conditions()) {
            AnyOf anyOf = (AnyOf) condition;
            Field field = (Field) anyOf.value();
            String name = field.names().size() == 1 ? field.names().get(0) : "/" + String.join("/", field.names());
            clauses.add(new Clause(
                    name + " IN " + JsonPathWriter.list(anyOf.literals()),
                    onBody,
                    mode + JsonPathWriter.write(condition, true),
                    mode + JsonPathWriter.write(condition, false),
                    Map.of(name, mode + JsonPathWriter.reference(field))));
        }
        return clauses;
    }

    private static Clause clause(String text, Map<String, String> values) {
        Condition condition = Parser.parse(text, FilterLimits.DEFAULT);
        return new Clause(
                text, false, JsonPathWriter.write(condition, true), JsonPathWriter.write(condition, false), values);
    }

    private static Map<String, String> values(String text) {
        Map<String, String> values = new LinkedHashMap<>();
        Lexer lexer = new Lexer(text);
        for (Token token = lexer.next(); !token.is(Kind.END); token = lexer.next()) {
            value(token, values);
        }
        return values;
    }

    private static void value(Token token, Map<String, String> values) {
        if (token.is(Kind.IDENTIFIER)) {
            Reference reference =
                    Identifiers.isHeader(token.text()) ? new Header(token.text()) : Field.of(token.text());
            values.put(token.text(), JsonPathWriter.reference(reference));
        }
    }
}
