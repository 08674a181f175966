// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A fenced block of a Markdown file.
 *
 * @param line where it begins
 * @param language what stands behind the fence
 * @param snippet the name in the comment {@code <!-- snippet: name -->} above it, null without one
 * @param excused whether the comment {@code <!-- not run: reason -->} stands above it
 * @param text what is in it
 */
record CodeBlock(int line, String language, @Nullable String snippet, boolean excused, String text) {

    private static final Pattern SNIPPET = Pattern.compile("<!--\\s*snippet:\\s*(\\S+)\\s*-->");
    private static final Pattern EXCUSE = Pattern.compile("<!--\\s*not run:\\s*\\S.*-->");
    private static final String FENCE = "```";

    static List<CodeBlock> in(List<String> markdown) {
        List<CodeBlock> blocks = new ArrayList<>();
        String above = "";
        for (int i = 0; i < markdown.size(); i++) {
            String line = markdown.get(i).strip();
            if (line.startsWith(FENCE)) {
                int start = i;
                List<String> text = new ArrayList<>();
                for (i++; i < markdown.size() && !markdown.get(i).strip().equals(FENCE); i++) {
                    text.add(markdown.get(i));
                }
                Matcher snippet = SNIPPET.matcher(above);
                blocks.add(new CodeBlock(
                        start + 1,
                        line.substring(FENCE.length()).strip(),
                        snippet.matches() ? snippet.group(1) : null,
                        EXCUSE.matcher(above).matches(),
                        SnippetSources.text(text)));
            }
            if (!line.isEmpty()) {
                above = line;
            }
        }
        return blocks;
    }
}
