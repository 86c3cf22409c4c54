// SPDX-License-Identifier: Apache-2.0
// event: what a function was invoked with.
#pragma once

#include <spry/core/json_reader.hpp>
#include <spry/core/result.hpp>

#include <cstddef>
#include <memory_resource>
#include <span>
#include <string_view>

namespace spry {

/// A view of one event, cheap to copy. The bytes, and everything read from them, live until the
/// answer has been sent and acknowledged, so a response may borrow them. At least 64 bytes behind
/// the event are readable (simdjson's padding).
class event {
public:
    event(std::string_view text, std::string_view content_type, json::reader& reader,
          std::pmr::memory_resource& arena) noexcept
        : text_(text), content_type_(content_type), reader_(&reader), arena_(&arena) {}

    /// As it came from the Runtime API, unchanged; may be empty.
    std::span<const std::byte> bytes() const noexcept { return std::as_bytes(std::span{text_}); }
    std::string_view text() const noexcept { return text_; }
    /// "application/json" where the Runtime API did not say.
    std::string_view content_type() const noexcept { return content_type_; }

    /// Reads the whole event into a described type (SPRY_JSON); strings in it are views that live
    /// as long as the event's bytes, until the next read. `errc::invalid_json` or
    /// `errc::json_mismatch`; `problem()` then says where and why.
    template <json::readable T>
    result<T> read() const {
        return reader_->read<T>(text_, *arena_);
    }
    std::string_view problem() const noexcept { return reader_->problem().text(); }

    /// The worker's parser, for `json::iterate` (simdjson On-Demand,
    /// <spry/core/json_on_demand.hpp>).
    json::reader& reader() const noexcept { return *reader_; }

private:
    std::string_view text_;
    std::string_view content_type_;
    json::reader* reader_;
    std::pmr::memory_resource* arena_;
};

} // namespace spry
