// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.scenario;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;

/** Reads the names that results show. */
final class HoldConverter implements ITypeConverter<Hold> {

    @Override
    public Hold convert(String text) {
        return Hold.valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
