// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.selector;

import java.util.List;

/** Names in selectors and attribute filters (Jakarta Messaging 3.1, section 3.8.1.1). */
final class Identifiers {

    /** The header fields a selector may use, as variables of the jsonpath: two more than the specification asks for. */
    static final List<String> HEADERS = List.of(
            "JMSDeliveryMode",
            "JMSPriority",
            "JMSMessageID",
            "JMSTimestamp",
            "JMSCorrelationID",
            "JMSType",
            "JMSExpiration",
            "JMSDeliveryTime");

    private Identifiers() {}

    static boolean isStart(int c) {
        return Character.isJavaIdentifierStart(c);
    }

    /** Java ignores U+0000 in identifiers, PostgreSQL cannot store it. */
    static boolean isPart(int c) {
        return c != 0 && Character.isJavaIdentifierPart(c);
    }

    static boolean isIdentifier(String name) {
        return !name.isEmpty()
                && isStart(name.codePointAt(0))
                && name.codePoints().allMatch(Identifiers::isPart)
                && Token.Kind.ofWord(name) == Token.Kind.IDENTIFIER;
    }

    static boolean isHeader(String name) {
        return HEADERS.contains(name);
    }

    /** Names that the specification keeps for itself and that are neither properties nor selectable headers. */
    static boolean isReserved(String name) {
        return name.startsWith("JMS") && !name.startsWith("JMSX") && !name.startsWith("JMS_");
    }
}
