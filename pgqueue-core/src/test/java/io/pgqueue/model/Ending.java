// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import static io.pgqueue.model.Model.require;

import io.pgqueue.model.Copy.State;
import io.pgqueue.sql.Sql;
import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.List;

/** The end of a walk: everything drains without anybody's help, is accounted for, and leaves empty storage. */
final class Ending {

    private final Walk walk;
    private final List<Client> clients;
    private final Sql admin;

    Ending(Walk walk, List<Client> clients) {
        this.walk = walk;
        this.clients = clients;
        this.admin = walk.admin;
    }

    void run() throws SQLException {
        for (Client client : clients) {
            if (client.inTransaction()) {
                client.rollback();
            }
        }
        walk.compare();
        for (Subscriber each : walk.model.subscribers()) {
            admin.run("select pgqueue.set_paused(?, false)", each.id);
            each.paused = false;
            drain(each);
        }
        walk.compare();
        for (Subscriber each : walk.model.subscribers()) {
            account(each);
        }
        reclaim();
    }

    private void drain(Subscriber from) throws SQLException {
        Client client = clients.get(0);
        int rounds = from.copies.size() + 3;
        while (!from.those(c -> !c.is(State.DEAD) && !c.is(State.GONE)).isEmpty()) {
            require(rounds-- > 0, "everything drains", from.those(c -> !c.is(State.DEAD) && !c.is(State.GONE)));
            walk.endLeases(from.those(c -> c.is(State.LEASED)));
            walk.makeDue(from.those(c -> c.is(State.SCHEDULED)));
            for (Held held : walk.receive(client, from, 1000, Filter.ALL, true)) {
                Copy copy = from.copies.get(held.id());
                require(copy != null && client.sql().ack(held), "whoever holds it can ack it", held);
                if (copy != null) {
                    copy.become(State.GONE);
                }
            }
        }
        require(admin.receive(from.id, 1000).isEmpty(), "nothing comes after everything", from.name);
    }

    private void account(Subscriber each) throws SQLException {
        int dead = each.those(c -> c.is(State.DEAD)).size();
        String counts = (String) admin.value(
                "select concat_ws(',', ready, leased, delayed, retrying, dead) from pgqueue.stats(?)", each.id);
        require(("0,0,0,0," + dead).equals(counts), "counts of " + each.name + " with " + dead + " dead", counts);
        int discarded = 0;
        while (discarded < dead) {
            int some = (int) admin.number("select pgqueue.discard(?)", each.id);
            require(some > 0, "dead letters can be discarded", each.name);
            discarded += some;
        }
        require(discarded == dead, "each dead letter is there once", discarded);
        each.those(c -> c.is(State.DEAD)).forEach(c -> c.become(State.GONE));
    }

    private void reclaim() throws SQLException {
        admin.reclaimAll();
        require(admin.unclean().isEmpty(), "storage is reclaimed", admin.unclean());
        require(admin.number("select count(*) from pgqueue.scheduled") == 0, "nothing is left", "scheduled");
    }
}
