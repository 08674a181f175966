// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** An application that was written for another provider sees the same here; only the connection factory is another. */
class OtherProviderIT extends JmsIT {

    OtherProviderIT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @Test
    void anApplicationSeesTheSameAsOnArtemis() throws Exception {
        factory.setAutoCreate(true);
        List<String> here = new PortableApplication(factory).run();

        assertThat(here).containsExactlyElementsOf(onArtemis());
    }

    private static List<String> onArtemis() throws Exception {
        EmbeddedActiveMQ broker = new EmbeddedActiveMQ()
                .setConfiguration(new ConfigurationImpl()
                        .setPersistenceEnabled(false)
                        .setSecurityEnabled(false)
                        .addAcceptorConfiguration("here", "vm://0"));
        broker.start();
        try (ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory("vm://0")) {
            return new PortableApplication(factory).run();
        } finally {
            broker.stop();
        }
    }
}
