// SPDX-License-Identifier: Apache-2.0
// json::mismatch: why a text could not be read into a type, as one line for whoever sent it.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace spry::json {

/// Holds its line in place, so that failing allocates nothing; of a path too long its beginning is
/// left out ("...").
///
///     at .items[3].name: expected a string, found a number
///     .items[3].name is required and missing
///     at byte 17: not valid JSON: expected ',' or '}'
///
/// Members and elements are written as JavaScript would; no string of the event is quoted but the
/// keys on the way, control characters in them replaced, since the line goes to logs.
class mismatch {
public:
    /// The whole line, without a line feed; valid UTF-8. Empty where nothing has failed. Valid
    /// until the next read.
    std::string_view text() const noexcept { return {text_.data(), text_size_}; }

    /// Used by the reader, from the failing value outwards.
    void clear() noexcept;
    void prepend_member(std::string_view key) noexcept;
    void prepend_index(std::size_t index) noexcept;

    /// Used by the reader, once the path is complete.
    void finish_expected(std::string_view expected, std::string_view found) noexcept;
    void finish_missing() noexcept;
    void finish_invalid(std::size_t byte, std::string_view reason) noexcept;

private:
    void prepend(std::string_view piece) noexcept;
    void append(std::string_view piece) noexcept;
    void append_path() noexcept;

    std::array<char, 160> path_; ///< filled from its end
    std::array<char, 320> text_;
    std::size_t path_size_ = 0;
    std::size_t text_size_ = 0;
    bool path_cut_ = false;
};

} // namespace spry::json
