// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanExpressionContext;
import org.springframework.beans.factory.config.BeanExpressionResolver;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

/** Attributes as written, with placeholders and SpEL, to values. */
final class ListenerTexts {

    private final ConfigurableBeanFactory beanFactory;
    private final BeanExpressionContext context;

    ListenerTexts(ConfigurableBeanFactory beanFactory) {
        this.beanFactory = beanFactory;
        this.context = new BeanExpressionContext(beanFactory, null);
    }

    /** Empty text is null. */
    @Nullable
    String text(String attribute, String written) {
        Object value = evaluate(written);
        if (value == null || value.toString().isBlank()) {
            return null;
        }
        return value.toString().strip();
    }

    /** An expression may give several names; a text may separate them by commas. */
    List<String> names(String[] written) {
        List<String> names = new ArrayList<>();
        for (String text : written) {
            addNames(evaluate(text), names);
        }
        return names;
    }

    @Nullable
    Integer number(String attribute, String written) {
        return parse(attribute, written, Integer::valueOf, "a whole number");
    }

    @Nullable
    Duration duration(String attribute, String written) {
        return parse(attribute, written, DurationFormatterUtils::detectAndParse, "a duration such as 10s or PT10S");
    }

    @Nullable
    Boolean flag(String attribute, String written) {
        return parse(
                attribute,
                written,
                text -> switch (text) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw new IllegalArgumentException(text);
                },
                "true or false");
    }

    /** Null for empty text. */
    <T> @Nullable T parse(String attribute, String written, Function<String, T> parser, String rule) {
        String text = text(attribute, written);
        if (text == null) {
            return null;
        }
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("@PgListener " + attribute + " is '" + text + "', must be " + rule, e);
        }
    }

    private static void addNames(@Nullable Object value, List<String> names) {
        if (value instanceof Iterable<?> several) {
            several.forEach(one -> addNames(one, names));
        } else if (value instanceof Object[] several) {
            for (Object one : several) {
                addNames(one, names);
            }
        } else if (value != null) {
            for (String name : value.toString().split(",")) {
                if (!name.isBlank()) {
                    names.add(name.strip());
                }
            }
        }
    }

    private @Nullable Object evaluate(String written) {
        String resolved = beanFactory.resolveEmbeddedValue(written);
        BeanExpressionResolver expressions = beanFactory.getBeanExpressionResolver();
        return expressions == null ? resolved : expressions.evaluate(resolved, context);
    }
}
