// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.wakeup;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Hints as the payload of a notification: {@code sender|subscription:priorities:position:messages;…}. */
final class HintText {

    /** PostgreSQL refuses payloads of 8000 bytes and more. */
    private static final int MAX_LENGTH = 7900;

    private HintText() {}

    static List<String> write(String sender, Collection<Hint> hints) {
        List<String> payloads = new ArrayList<>();
        StringBuilder payload = new StringBuilder(sender).append('|');
        for (Hint hint : hints) {
            String entry =
                    hint.subscription() + ":" + hint.priorities() + ":" + hint.position() + ":" + hint.messages() + ";";
            if (payload.length() + entry.length() > MAX_LENGTH) {
                payloads.add(payload.toString());
                payload.setLength(sender.length() + 1);
            }
            payload.append(entry);
        }
        payloads.add(payload.toString());
        return payloads;
    }

    static String sender(String payload) {
        int bar = payload.indexOf('|');
        return bar < 0 ? "" : payload.substring(0, bar);
    }

    /** What cannot be read is left out: anybody may send notifications on a channel. */
    static List<Hint> read(String payload) {
        List<Hint> hints = new ArrayList<>();
        for (String entry : payload.substring(payload.indexOf('|') + 1).split(";")) {
            String[] fields = entry.split(":");
            if (fields.length == 4) {
                try {
                    hints.add(new Hint(
                            Integer.parseInt(fields[0]),
                            Integer.parseInt(fields[1]),
                            Long.parseLong(fields[2]),
                            Integer.parseInt(fields[3])));
                } catch (NumberFormatException notOurs) {
                    continue;
                }
            }
        }
        return hints;
    }
}
