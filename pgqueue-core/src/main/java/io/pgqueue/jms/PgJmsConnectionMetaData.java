// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.ConnectionMetaData;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What this provider is (Jakarta Messaging 3.1, section 6.1.6). Immutable. */
final class PgJmsConnectionMetaData implements ConnectionMetaData {

    /** When run from classes instead of the jar, whose manifest knows it. */
    private static final String UNKNOWN_VERSION = "0.0";

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

    private static final List<String> PROPERTIES = List.of("JMSXGroupID", "JMSXGroupSeq", "JMSXDeliveryCount");

    /** Behind the constants it is made with. */
    static final PgJmsConnectionMetaData INSTANCE = new PgJmsConnectionMetaData();

    private final String version;
    private final int major;
    private final int minor;

    private PgJmsConnectionMetaData() {
        String found = PgJmsConnectionMetaData.class.getPackage().getImplementationVersion();
        Matcher matcher = VERSION.matcher(found == null ? UNKNOWN_VERSION : found);
        this.version = matcher.matches() ? matcher.group() : UNKNOWN_VERSION;
        this.major = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
        this.minor = matcher.matches() ? Integer.parseInt(matcher.group(2)) : 0;
    }

    @Override
    public String getJMSVersion() {
        return "3.1";
    }

    @Override
    public int getJMSMajorVersion() {
        return 3;
    }

    @Override
    public int getJMSMinorVersion() {
        return 1;
    }

    @Override
    public String getJMSProviderName() {
        return "pgqueue";
    }

    @Override
    public String getProviderVersion() {
        return version;
    }

    @Override
    public int getProviderMajorVersion() {
        return major;
    }

    @Override
    public int getProviderMinorVersion() {
        return minor;
    }

    @Override
    public Enumeration<String> getJMSXPropertyNames() {
        return Collections.enumeration(PROPERTIES);
    }
}
