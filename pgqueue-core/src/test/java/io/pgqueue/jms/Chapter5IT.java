// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.Queue;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Hashtable;
import java.util.List;
import java.util.Properties;
import javax.naming.Context;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.naming.RefAddr;
import javax.naming.Reference;
import javax.naming.StringRefAddr;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, chapter 5: the administered object, which is the connection factory. */
class Chapter5IT extends JmsIT {

    Chapter5IT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    private static InitialContext directory() throws NamingException {
        Hashtable<String, String> environment = new Hashtable<>();
        environment.put(Context.INITIAL_CONTEXT_FACTORY, Directory.class.getName());
        return new InitialContext(environment);
    }

    @Test
    void aFactoryIsFoundInADirectoryWithAllItsSettings() throws Exception {
        Queue queue = queue();
        Properties properties = new Properties();
        properties.setProperty("user", String.valueOf(dataSource.getUser()));
        properties.setProperty("password", String.valueOf(dataSource.getPassword()));
        properties.setProperty("ApplicationName", "from-the-directory");
        PgJmsConnectionFactory made = new PgJmsConnectionFactory(dataSource.getURL(), properties);
        made.setPrefetch(3);
        made.setObjectClasses(List.of("a.B", "a.C"));
        InitialContext directory = directory();
        directory.bind("jms/pgqueue", made);
        ConnectionFactory found = (ConnectionFactory) directory().lookup("jms/pgqueue");
        assertThat(found)
                .isInstanceOf(PgJmsConnectionFactory.class)
                .isNotSameAs(made)
                .hasToString(made.toString());
        assertThat(texts(((PgJmsConnectionFactory) found).getReference())).isEqualTo(texts(made.getReference()));
        try (PgJmsConnectionFactory closed = (PgJmsConnectionFactory) found;
                JMSContext context = closed.createContext()) {
            context.createProducer().send(queue, "x");
            assertThat(context.createConsumer(queue).receiveBody(String.class, PATIENCE))
                    .isEqualTo("x");
        }
        assertThatThrownBy(() -> directory.bind("jms/pool", new PgJmsConnectionFactory(dataSource)))
                .isInstanceOf(NamingException.class)
                .hasMessageContaining("URL");
    }

    private static List<String> texts(Reference reference) {
        List<String> texts = new java.util.ArrayList<>();
        for (var entries = reference.getAll(); entries.hasMoreElements(); ) {
            RefAddr entry = entries.nextElement();
            texts.add(entry.getType() + "=" + entry.getContent());
        }
        texts.sort(null);
        return texts;
    }

    @Test
    void anotherObjectsReferenceIsNotOurs() throws Exception {
        PgJmsConnectionFactory any = new PgJmsConnectionFactory();
        assertThat(any.getObjectInstance("text", null, null, null)).isNull();
        assertThat(any.getObjectInstance(new Reference("java.lang.String"), null, null, null))
                .isNull();
        Reference wrong = new Reference(PgJmsConnectionFactory.class.getName());
        wrong.add(new StringRefAddr("pgqueue.url", "jdbc:postgresql://h/d"));
        wrong.add(new StringRefAddr("pgqueue.prefetch", "many"));
        assertThatThrownBy(() -> any.getObjectInstance(wrong, null, null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("prefetch")
                .hasMessageContaining("many");
    }

    @Test
    void aFactoryIsShownWithoutItsSecrets() {
        PgJmsConnectionFactory made = newFactory();
        made.setPassword("secret-word");
        made.setUrl("jdbc:postgresql://ada:secret-word@db/shop?sslmode=require&PASSWORD=secret-word");
        made.setPrefetch(3);
        assertThat(made.toString()).doesNotContain("secret-word").contains("prefetch=3");
        assertThatThrownBy(() -> made.setPrefetch(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("prefetch")
                .hasMessageContaining("1 to 1000");
        assertThat(made.toString()).as("what was refused changes nothing").contains("prefetch=3");
    }

    @Test
    void aFactoryIsSerialisedWithItsConfiguration() throws Exception {
        PgJmsConnectionFactory made = newFactory();
        made.setPrefetch(3);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(made);
        }
        Queue queue = queue();
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()));
                PgJmsConnectionFactory copy = (PgJmsConnectionFactory) in.readObject();
                JMSContext context = copy.createContext()) {
            assertThat(copy).hasToString(made.toString());
            context.createProducer().send(queue, "x");
            assertThat(context.createConsumer(queue).receiveBody(String.class, PATIENCE))
                    .isEqualTo("x");
        }
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            assertThatThrownBy(() -> out.writeObject(new PgJmsConnectionFactory(dataSource)))
                    .isInstanceOf(NotSerializableException.class);
        }
    }
}
