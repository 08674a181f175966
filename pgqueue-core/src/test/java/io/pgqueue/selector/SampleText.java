// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Writes a {@link Sample} in one of the many ways it can be written: parentheses, blanks and case at random. */
final class SampleText {

    private static final int OR = 1;
    private static final int AND = 2;
    private static final int NOT = 3;
    private static final int SUM = 4;
    private static final int PRODUCT = 5;
    private static final int SIGN = 6;
    private static final int PRIMARY = 7;
    private static final List<String> BLANKS = List.of(" ", " ", " ", "\n", "\t", "\r\n", "\f ");

    private final Random random;
    private final StringBuilder out = new StringBuilder();
    private boolean encloseNot;

    private SampleText(Random random) {
        this.random = random;
    }

    /** For those who take NOT p = 1 for (NOT p) = 1. */
    static String enclosingNot(Sample.Condition condition, Random random) {
        SampleText text = new SampleText(random);
        text.encloseNot = true;
        text.condition(condition, OR);
        return text.out.toString();
    }

    static String of(Sample.Condition condition, Random random) {
        SampleText text = new SampleText(random);
        text.condition(condition, OR);
        return text.out.toString();
    }

    private void condition(Sample.Condition condition, int atLeast) {
        if (level(condition) < atLeast || random.nextInt(10) == 0) {
            symbol("(");
            unenclosed(condition);
            symbol(")");
        } else {
            unenclosed(condition);
        }
    }

    private static int level(Sample.Condition condition) {
        if (condition instanceof Sample.Chain chain) {
            return chain.and() ? AND : OR;
        }
        return NOT;
    }

    private void unenclosed(Sample.Condition condition) {
        if (condition instanceof Sample.Constant c) {
            word(c.value() ? "TRUE" : "FALSE");
        } else if (condition instanceof Sample.Bare c) {
            name(c.name());
        } else if (condition instanceof Sample.Not c) {
            word("NOT");
            condition(c.part(), encloseNot ? PRIMARY : NOT);
        } else if (condition instanceof Sample.Chain c) {
            String link = "";
            for (Sample.Condition part : c.parts()) {
                if (!link.isEmpty()) {
                    word(link);
                }
                link = c.and() ? "AND" : "OR";
                condition(part, c.and() ? NOT : AND);
            }
        } else if (condition instanceof Sample.Compare c) {
            operand(c.left(), SUM);
            symbol(c.operator());
            operand(c.right(), SUM);
        } else if (condition instanceof Sample.Between c) {
            operand(c.value(), SUM);
            not(c.not());
            word("BETWEEN");
            operand(c.low(), SUM);
            word("AND");
            operand(c.high(), SUM);
        } else if (condition instanceof Sample.In c) {
            name(c.name());
            not(c.not());
            word("IN");
            String separator = "(";
            for (String string : c.strings()) {
                symbol(separator);
                string(string);
                separator = ",";
            }
            symbol(")");
        } else if (condition instanceof Sample.Like c) {
            name(c.name());
            not(c.not());
            word("LIKE");
            string(c.pattern());
            if (c.escape() != null) {
                word("ESCAPE");
                string(c.escape());
            }
        } else {
            Sample.IsNull c = (Sample.IsNull) condition;
            name(c.name());
            word("IS");
            not(c.not());
            word("NULL");
        }
    }

    private void operand(Sample.Operand operand, int atLeast) {
        boolean enclosable = !(operand instanceof Sample.Literal literal) || literal.value() instanceof Number;
        if (level(operand) < atLeast || enclosable && random.nextInt(10) == 0) {
            symbol("(");
            unenclosed(operand);
            symbol(")");
        } else {
            unenclosed(operand);
        }
    }

    private static int level(Sample.Operand operand) {
        if (operand instanceof Sample.Arithmetic sum) {
            return sum.operator() == '+' || sum.operator() == '-' ? SUM : PRODUCT;
        }
        if (operand instanceof Sample.Literal literal) {
            return literal.text().startsWith("-") ? SIGN : PRIMARY;
        }
        return operand instanceof Sample.Sign ? SIGN : PRIMARY;
    }

    private void unenclosed(Sample.Operand operand) {
        if (operand instanceof Sample.Name name) {
            name(name.name());
        } else if (operand instanceof Sample.Literal literal) {
            if (literal.value() instanceof String text) {
                string(text);
            } else if (literal.value() instanceof Boolean) {
                word(literal.text());
            } else {
                name(literal.text());
            }
        } else if (operand instanceof Sample.Sign sign) {
            symbol(String.valueOf(sign.sign()));
            operand(sign.operand(), SIGN);
        } else {
            Sample.Arithmetic sum = (Sample.Arithmetic) operand;
            operand(sum.left(), level(sum));
            symbol(String.valueOf(sum.operator()));
            operand(sum.right(), level(sum) + 1);
        }
    }

    private void not(boolean not) {
        if (not) {
            word("NOT");
        }
    }

    private void word(String word) {
        name(
                switch (random.nextInt(4)) {
                    case 0 -> word.toLowerCase(Locale.ROOT);
                    case 1 -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT);
                    default -> word;
                });
    }

    /** What needs a blank between itself and another one. */
    private void name(String name) {
        if (!out.isEmpty() && (Character.isJavaIdentifierPart(out.charAt(out.length() - 1)) || endsNumber())) {
            blank();
        }
        out.append(name);
        if (random.nextBoolean()) {
            blank();
        }
    }

    private boolean endsNumber() {
        char last = out.charAt(out.length() - 1);
        return last == '.' || Character.isLowSurrogate(last) || last == '\'';
    }

    private void string(String text) {
        if (!out.isEmpty() && out.charAt(out.length() - 1) == '\'') {
            blank();
        }
        out.append('\'').append(text.replace("'", "''")).append('\'');
        if (random.nextBoolean()) {
            blank();
        }
    }

    private void symbol(String symbol) {
        out.append(symbol);
        if (random.nextBoolean()) {
            blank();
        }
    }

    private void blank() {
        out.append(BLANKS.get(random.nextInt(BLANKS.size())));
    }
}
