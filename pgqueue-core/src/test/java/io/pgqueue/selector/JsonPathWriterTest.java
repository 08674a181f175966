// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The table of jms-behaviour 4.3, row by row. */
class JsonPathWriterTest {

    private static final String MODULO =
            " % 18446744073709551616 + 27670116110564327424) % 18446744073709551616" + " - 9223372036854775808";

    @Test
    void logic() {
        assertThat(path("a IS NULL AND b IS NULL")).isEqualTo("(!exists($.\"a\") && !exists($.\"b\"))");
        assertThat(path("NOT (a IS NULL AND b IS NULL)")).isEqualTo("(exists($.\"a\") || exists($.\"b\"))");
        assertThat(path("a IS NULL OR b IS NULL OR c IS NULL"))
                .isEqualTo("(!exists($.\"a\") || !exists($.\"b\") || !exists($.\"c\"))");
        assertThat(path("NOT (a IS NULL OR b IS NULL)")).isEqualTo("(exists($.\"a\") && exists($.\"b\"))");
        assertThat(path("NOT NOT a IS NULL")).isEqualTo("!exists($.\"a\")");
        assertThat(path("TRUE")).isEqualTo("(1 == 1)");
        assertThat(path("FALSE")).isEqualTo("(1 == 0)");
        assertThat(path("NOT TRUE")).isEqualTo("(1 == 0)");
        assertThat(path("NOT FALSE")).isEqualTo("(1 == 1)");
    }

    @Test
    void equality() {
        assertThat(path("p")).isEqualTo("(exists($.\"p\") && ($.\"p\" == true))");
        assertThat(path("NOT p"))
                .isEqualTo("(exists($.\"p\") && (!($.\"p\" == true) || ($.\"p\" == true) is unknown))");
        assertThat(path("p = 'x'")).isEqualTo("(exists($.\"p\") && ($.\"p\" == \"x\"))");
        assertThat(path("p <> -5")).isEqualTo("(exists($.\"p\") && ($.\"p\" != (-5)))");
        assertThat(path("NOT p <> 1E3"))
                .isEqualTo("(exists($.\"p\") && (!($.\"p\" != 1000.0) || ($.\"p\" != 1000.0) is unknown))");
        assertThat(path("a = b")).isEqualTo("(exists($.\"a\") && exists($.\"b\") && ($.\"a\" == $.\"b\"))");
        assertThat(path("JMSType <> 'x'")).isEqualTo("(($JMSType != null) && ($JMSType != \"x\"))");
        assertThat(path("1 = 1")).isEqualTo("((1 == 1))");
    }

    @Test
    void order() {
        assertThat(path("p < 2")).isEqualTo("(exists($.\"p\") && ($.\"p\".type() == \"number\") && ($.\"p\" < 2))");
        assertThat(path("NOT p >= JMSPriority"))
                .isEqualTo("(exists($.\"p\") && ($JMSPriority != null)"
                        + " && (!($.\"p\" >= $JMSPriority) || ($.\"p\" >= $JMSPriority) is unknown"
                        + " || !($.\"p\".type() == \"number\") || !($JMSPriority.type() == \"number\")))");
        assertThat(path("p BETWEEN 1 AND 2"))
                .isEqualTo("((exists($.\"p\") && ($.\"p\".type() == \"number\") && ($.\"p\" >= 1))"
                        + " && (exists($.\"p\") && ($.\"p\".type() == \"number\") && ($.\"p\" <= 2)))");
        assertThat(path("p NOT BETWEEN 1 AND 2"))
                .isEqualTo("((exists($.\"p\") && ($.\"p\".type() == \"number\") && ($.\"p\" < 1))"
                        + " || (exists($.\"p\") && ($.\"p\".type() == \"number\") && ($.\"p\" > 2)))");
    }

    @Test
    void lists() {
        assertThat(path("p IN ('x','y')")).isEqualTo("(exists($.\"p\") && ($.\"p\" == \"x\" || $.\"p\" == \"y\"))");
        assertThat(path("p NOT IN ('x')")).isEqualTo("(exists($.\"p\") && !($.\"p\" == \"x\"))");
    }

    @Test
    void patterns() {
        assertThat(path("p LIKE 'a.c\\%'"))
                .isEqualTo("(exists($.\"p\") && ($.\"p\" like_regex \"^a\\\\.c\\\\\\\\.*$\" flag \"s\"))");
        assertThat(path("p NOT LIKE 'x%'"))
                .isEqualTo("(exists($.\"p\") && !($.\"p\" like_regex \"^x.*$\" flag \"s\"))");
    }

    @Test
    void nulls() {
        assertThat(path("p IS NULL")).isEqualTo("!exists($.\"p\")");
        assertThat(path("p IS NOT NULL")).isEqualTo("exists($.\"p\")");
        assertThat(path("JMSType IS NULL")).isEqualTo("($JMSType == null)");
        assertThat(path("JMSType IS NOT NULL")).isEqualTo("($JMSType != null)");
    }

    @Test
    void arithmeticIsGuardedByItself() {
        assertThat(path("a / 2 = 1")).isEqualTo("((($.\"a\" / 2) == ($.\"a\" / 2)) && (($.\"a\" / 2) == 1))");
        assertThat(path("a + 1.5 - (b - 2) > 0"))
                .isEqualTo("((($.\"a\" + 1.5 - ($.\"b\" - 2)) == ($.\"a\" + 1.5 - ($.\"b\" - 2)))"
                        + " && (($.\"a\" + 1.5 - ($.\"b\" - 2)) > 0))");
        assertThat(path("a * 2.0 / b + 1 > 0")).endsWith(" && ((($.\"a\" * 2.0 / $.\"b\") + 1) > 0))");
        assertThat(path("-a / 1 = 1")).endsWith(" && (((-$.\"a\") / 1) == 1))");
    }

    @Test
    void integersWrapUnlessAPropertyIsReal() {
        assertThat(path("a * b = 1"))
                .isEqualTo("(((!exists($.\"#r\".\"a\") && !exists($.\"#r\".\"b\"))"
                        + " && ((($.\"a\" * $.\"b\") == ($.\"a\" * $.\"b\")) && (((($.\"a\" * $.\"b\")" + MODULO
                        + ") == 1)))"
                        + " || ((exists($.\"#r\".\"a\") || exists($.\"#r\".\"b\"))"
                        + " && ((($.\"a\" * $.\"b\") == ($.\"a\" * $.\"b\")) && (($.\"a\" * $.\"b\") == 1))))");
        assertThat(path("-a = b")).startsWith("((!exists($.\"#r\".\"a\") && ");
        assertThat(path("JMSPriority + 1 = 5"))
                .isEqualTo(
                        "((($JMSPriority + 1) == ($JMSPriority + 1)) && (((($JMSPriority + 1)" + MODULO + ") == 5))");
    }

    @Test
    void textIsEscaped() {
        assertThat(path("a$b = '\"\\\n\t\u0001'"))
                .isEqualTo("(exists($.\"a$b\") && ($.\"a$b\" == \"\\\"\\\\\\u000a\\u0009\\u0001\"))");
        assertThat(path("p = '\0\uD800x\uDC00😀'")).endsWith("== \"\uFFFD\uFFFDx\uFFFD😀\"))");
    }

    private static @Nullable String path(String text) {
        Selector selector = Selector.parse(text);
        return selector == null ? null : selector.jsonPath();
    }
}
