// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.server;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The machine that client and, unless a URL was given, server share.
 *
 * @param processor the model, empty where the system does not tell
 * @param cores as the JVM sees them
 * @param memoryBytes of the machine or container
 * @param kernel name and version of the operating system
 * @param jdk version and vendor
 * @param loadAverage of the last minute when the benchmark began: above 0.5 somebody else was measured too
 */
public record Machine(String processor, int cores, long memoryBytes, String kernel, String jdk, double loadAverage) {

    public static Machine here() throws IOException {
        OperatingSystemMXBean system = bean();
        return new Machine(
                processorModel(),
                system.getAvailableProcessors(),
                system.getTotalMemorySize(),
                system.getName() + " " + system.getVersion() + " " + system.getArch(),
                System.getProperty("java.vm.version") + " " + System.getProperty("java.vendor"),
                system.getSystemLoadAverage());
    }

    /** Nanoseconds of processor time that this JVM has used, compiler and garbage collector included. */
    public static long clientCpuNanos() {
        return bean().getProcessCpuTime();
    }

    private static OperatingSystemMXBean bean() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    }

    private static String processorModel() throws IOException {
        Path file = Path.of("/proc/cpuinfo");
        if (!Files.exists(file)) {
            return "";
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse("");
        }
    }
}
