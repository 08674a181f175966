// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.testing;

import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Mapper;

/** MyBatis writing a business row. */
@Mapper
public interface NoteMapper {

    @Insert("insert into note (text) values (#{text})")
    int insert(String text);
}
