// SPDX-License-Identifier: Apache-2.0
// head_form: an answer's head that is like the last one but for its values.
#pragma once

#include <spry/http/message.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace spry::http {

/// A server's answers to the same request have the same status line and the same names in the same
/// order, and differ in values. Of such a head the parser need not find out everything again: where
/// the bytes between the values are those of the last head, and the values have no byte that could
/// end them, it means what the last one meant. Most values are as long as the last ones, too: then
/// everything lies where it lay, and one pass over the bytes, without a branch, says so.
///
/// Only heads are taken of which the values say nothing about the message, except for
/// Content-Length, which is read: an answer of HTTP/1.1 that keeps the connection alive, without
/// Transfer-Encoding, Connection and Upgrade. Everything else is left to the parser.
class head_form {
public:
    /// Takes the form of a head that the parser has read, which `text` is all of; not of the very
    /// first one, since a process may never see a second. Gives the message its form's number.
    void see(std::string_view text, message& read) noexcept;

    /// The size of the head that `received` begins with, and `into` filled in as by the parser; or
    /// 0 where that head has another form or is not all there. `into` is as new.
    std::size_t match(std::string_view received, message& into);

private:
    static constexpr std::size_t lines_max = 16; // below `header_table::inline_count`
    static constexpr std::size_t head_bytes_max = 704;

    struct line { // as in a header_table, from the head's first byte
        std::uint16_t name_offset;
        std::uint16_t name_size;
        std::uint16_t value_offset;
        std::uint16_t value_size;
    };

    /// The last head. Small: with the second event both patterns come into being, in memory that
    /// has been touched before.
    struct pattern {
        std::array<line, lines_max> lines;
        // Its bytes, but of a value the first one is 1 and the others are 0.
        std::array<std::uint8_t, head_bytes_max> bytes;
        std::size_t line_count = 0;
        std::size_t size = 0; // 0: no form is known
        std::size_t length_line = 0;
        int status = 0;
        std::uint32_t number = 0;

        bool take(std::string_view text, std::span<const header_table::entry> found) noexcept;
        bool has_layout_of(std::string_view received) const noexcept;
        bool find_lines(std::string_view received, header_table& into) const;
    };

    bool learn(std::string_view text, message& read) noexcept;

    std::unique_ptr<pattern> known_; // made when the second head is seen
    bool has_seen_one_ = false;
};

} // namespace spry::http
