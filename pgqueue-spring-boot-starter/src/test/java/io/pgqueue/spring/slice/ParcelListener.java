// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.slice;

import io.pgqueue.spring.annotation.PgListener;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

@Component
class ParcelListener {

    private final Shelf shelf;
    private final String mark;

    ParcelListener(Shelf shelf, @Value("${parcels.mark:none}") String mark) {
        this.shelf = shelf;
        this.mark = mark;
    }

    @PgListener("parcels")
    void store(String parcel) {
        shelf.parcels.add(mark + " " + parcel);
    }
}
