// SPDX-License-Identifier: Apache-2.0
// json_members: what stands in a JSON object or array, as it is written, for the little that the
// emulator reads of what a function says. json::reader would be 80 KB in every function that reads
// no JSON itself, simdjson among them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spry::emulator {

struct json_member {
    std::string_view key;   ///< with its quotes; empty in an array
    std::string_view value; ///< without the white space around it; a string's with its quotes
};

/// Goes once over the members of an object or array, in their order:
///
///     for (json_members members{text}; const auto member = members.next();)
class json_members {
public:
    /// `text` is an object or an array without white space in front, and valid
    /// (json::find_syntax_error). What is given are parts of it.
    explicit json_members(std::string_view text) noexcept;

    std::optional<json_member> next() noexcept;

private:
    void skip_space() noexcept;
    std::string_view take(std::size_t size) noexcept;

    std::string_view rest_;
    bool in_object_;
};

/// The object that `text` begins with behind white space, with what follows it; none where it
/// begins by something else. Whether it is valid is not looked at.
std::optional<std::string_view> json_object_in(std::string_view text) noexcept;

/// What a string says that is written so, in quotes, and valid. An unpaired surrogate becomes
/// U+FFFD, as json::reader has it. Throws std::bad_alloc.
std::string json_text(std::string_view quoted);

} // namespace spry::emulator
