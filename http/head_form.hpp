// SPDX-License-Identifier: Apache-2.0
// head_form: an answer's head that is like the last one but for its values.
#pragma once

#include <spry/http/message.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace spry::http {

/// A server's answers to the same request have the same status line and the same names in the same
/// order, and differ in values. Of such a head the parser need not find out everything again: where
/// the bytes between the values are those of the last head, and the values have no byte that could
/// end them, it means what the last one meant.
///
/// Only heads are taken of which the values say nothing about the message, except for
/// Content-Length, which is read: an answer of HTTP/1.1 that keeps the connection alive, without
/// Transfer-Encoding, Connection and Upgrade. Everything else is left to the parser.
class head_form {
public:
    /// Takes the form of a head that the parser has read, which `text` is all of; not of the very
    /// first one, since a process may never see a second.
    void see(std::string_view text, const message& read) noexcept;

    /// The size of the head that `received` begins with, and `into` filled in as by the parser; or
    /// 0 where that head has another form or is not all there. `into` is as new.
    std::size_t match(std::string_view received, message& into) const;

private:
    static constexpr std::size_t lines_max = 16; // below `header_table::inline_count`
    static constexpr std::size_t literals_max = 512;

    struct line {
        std::uint16_t literal_size; // of the bytes in front of the value, the last line's end too
        std::uint16_t name_size;
        std::uint16_t name_to_value; // bytes from the name's first to the value's first
        bool is_content_length;
    };

    struct literal_parts {
        std::array<line, lines_max> lines;
        std::array<char, literals_max> text; // of all lines, one behind the other
        std::size_t line_count = 0;          // 0: no form is known
        std::size_t text_size = 0;
        int status = 0;

        bool add(std::string_view literal, const line& of) noexcept;
    };

    bool learn(std::string_view text, const message& read) noexcept;
    const char* walk(std::string_view received, header_table& fields, std::uint64_t& length) const;

    std::unique_ptr<literal_parts> known_; // made when the second head is seen
    bool has_seen_one_ = false;
};

} // namespace spry::http
