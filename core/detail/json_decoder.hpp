// SPDX-License-Identifier: Apache-2.0
// The state of one read: simdjson's current value, and, once it has failed, what was expected
// there.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/core/json_on_demand.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <string_view>

namespace spry::json::detail {

namespace ondemand = simdjson::ondemand;

inline constexpr std::string_view white_space = " \t\n\r";

/// Not a general parser: the functions of json_reader.hpp work on it, each on the current value.
class decoder {
public:
    decoder(std::string_view document, std::pmr::memory_resource& values, mismatch& line) noexcept
        : text(document), arena(values), problem(line) {}

    std::string_view text;
    std::pmr::memory_resource& arena; ///< where pmr containers live
    mismatch& problem;
    ondemand::value value;
    std::size_t depth = 0;
    bool is_wrapped = false; ///< the document is one scalar, made the only element of an array

    /// Whether the current value is the document itself, an array or object: simdjson's functions
    /// for scalars assume that there is a container around theirs.
    bool is_whole_document() const noexcept { return depth == 0 && !is_wrapped; }

    bool is_inside(const char* place) const noexcept {
        return place >= text.data() && place < text.data() + text.size();
    }

    /// Why the read failed. All of these return false, for the caller to return in turn.
    bool fail(std::string_view wanted) noexcept {
        expected_size_ = 0;
        expect(wanted);
        found_ = kind_of(token());
        return false;
    }
    /// For a number of the wrong kind or size, which is quoted.
    bool fail_number(std::string_view wanted) noexcept {
        fail(wanted);
        const std::string_view number = token();
        if (found_ == "a number" && number.size() <= quoted_number_bytes_max)
            found_ = number;
        return false;
    }
    bool fail_range(std::int64_t min, std::int64_t max) noexcept {
        fail_number("an integer from ");
        expect(min);
        expect(" to ");
        expect(max);
        return false;
    }
    bool fail_range(std::uint64_t max) noexcept {
        fail_number("an integer from 0 to ");
        expect(max);
        return false;
    }
    bool fail_count(std::size_t count, std::string_view found) noexcept {
        expected_size_ = 0;
        expect("an array of ");
        expect(count);
        found_ = found;
        return false;
    }
    bool fail_depth() noexcept {
        expected_size_ = 0;
        expect("at most ");
        expect(depth_max);
        expect(" levels");
        found_ = "more";
        return false;
    }
    bool fail_missing(std::string_view key) noexcept {
        missing_ = true;
        problem.prepend_member(key);
        return false;
    }
    bool fail_broken(simdjson::error_code error) noexcept {
        broken = error;
        return false;
    }

    void report() noexcept {
        if (missing_) {
            problem.finish_missing();
        } else {
            problem.finish_expected({expected_.data(), expected_size_}, found_);
        }
    }

    /// What simdjson said about the text itself, if it did.
    simdjson::error_code broken = simdjson::SUCCESS;

private:
    /// Longer numbers are not quoted.
    static constexpr std::size_t quoted_number_bytes_max = 32;

    /// The current value from its first byte on, as far as a message needs it. Not On-Demand's own
    /// token: in unbalanced text that may begin behind the last one, and has no length there.
    std::string_view token() noexcept {
        const char* begin = value.raw_json_token().data();
        if (!is_inside(begin))
            return {};
        const std::string_view rest =
            text.substr(static_cast<std::size_t>(begin - text.data()), quoted_number_bytes_max + 1);
        return rest.substr(0, rest.find_first_of(" \t\n\r,]}"));
    }

    static std::string_view kind_of(std::string_view token) noexcept {
        switch (token.empty() ? '\0' : token[0]) {
        case '{':
            return "an object";
        case '[':
            return "an array";
        case '"':
            return "a string";
        case 't':
            return "true";
        case 'f':
            return "false";
        case 'n':
            return "null";
        default:
            return "a number";
        }
    }

    void expect(std::string_view piece) noexcept {
        SPRY_ASSERT(piece.size() <= expected_.size() - expected_size_);
        std::memcpy(expected_.data() + expected_size_, piece.data(), piece.size());
        expected_size_ += piece.size();
    }
    template <integer Number>
    void expect(Number number) noexcept {
        char* begin = expected_.data() + expected_size_;
        const auto written = std::to_chars(begin, expected_.data() + expected_.size(), number);
        SPRY_ASSERT(written.ec == std::errc());
        expected_size_ += static_cast<std::size_t>(written.ptr - begin);
    }

    std::array<char, 80> expected_;
    std::size_t expected_size_ = 0;
    std::string_view found_;
    bool missing_ = false;
};

} // namespace spry::json::detail
