// SPDX-License-Identifier: Apache-2.0
// json::reader: reads JSON text into described structs, strings, numbers, optionals, lists and
// maps.
//
// The walk itself is compiled once, in json_reader.cpp; a type adds a table of its members and one
// small function each. That keeps binaries small and simdjson.h out of a user's compilation.
#pragma once

#include <spry/core/json_fields.hpp>
#include <spry/core/json_mismatch.hpp>
#include <spry/core/json_value.hpp>
#include <spry/core/result.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace spry::json {

/// Bytes behind a text that must be readable (their value does not matter): simdjson reads whole
/// vectors.
inline constexpr std::size_t padding = 64;

/// Arrays, objects and maps within each other that a recursive type may have; deeper ones are a
/// mismatch.
inline constexpr std::size_t depth_max = 128;

namespace detail {

class decoder;

/// Reads the decoder's current value into the object behind the pointer; false once the decoder has
/// failed.
using read_function = bool (*)(decoder& from, void* target);

struct read_field {
    std::string_view key;
    bool required;
    read_function read;
};

bool read_string(decoder& from, std::string_view& target) noexcept;
bool read_bool(decoder& from, bool& target) noexcept;
bool read_double(decoder& from, double& target) noexcept;
bool read_float(decoder& from, float& target) noexcept;
bool read_signed(decoder& from, std::int64_t& target, std::int64_t min, std::int64_t max) noexcept;
bool read_unsigned(decoder& from, std::uint64_t& target) noexcept;
bool read_raw(decoder& from, raw& target) noexcept;

/// Whether the current value is null; consumed if so.
bool read_null(decoder& from) noexcept;

bool read_object(decoder& from, void* target, const read_field* fields, std::size_t count);
bool read_list(decoder& from, void* target, read_function append);
/// Calls `at` with the elements' index; exactly `count` of them.
bool read_array(decoder& from, void* target, std::size_t count,
                bool (*at)(decoder& from, void* target, std::size_t index));
/// A key is valid as long as the event; of several with one name, `insert` ignores all but the
/// first.
bool read_map(decoder& from, void* target,
              bool (*insert)(decoder& from, void* target, std::string_view key));

std::pmr::memory_resource& arena_of(decoder& from) noexcept;

template <class T>
bool read_value(decoder& from, T& target);

/// An object that can live in an arena is made anew there: a pmr container keeps the resource it
/// was born with.
template <class T>
void settle(decoder& from, T& target) {
    using allocator = std::pmr::polymorphic_allocator<std::byte>;
    if constexpr (std::uses_allocator_v<T, allocator>) {
        std::destroy_at(&target);
        std::construct_at(&target, allocator(&arena_of(from)));
    } else {
        target.clear();
    }
}

template <class Member>
bool read_member(decoder& from, void* object) {
    return read_value(from, Member::of(object));
}

template <class... Members>
constexpr std::array<read_field, sizeof...(Members)> read_fields(std::tuple<Members...> all) {
    return std::apply(
        [](auto... each) {
            return std::array<read_field, sizeof...(Members)>{
                read_field{each.key, each.required, &read_member<Members>}...};
        },
        all);
}

template <class T>
struct read_table {
    static constexpr auto fields = read_fields(spry_json_members(tag<T>{}));
};

template <class List>
bool append_element(decoder& from, void* target) {
    List& list = *static_cast<List*>(target);
    if constexpr (std::same_as<typename List::value_type, bool>) {
        bool value = false;
        if (!read_bool(from, value))
            return false;
        list.push_back(value); // std::vector<bool> has no element to read into
        return true;
    } else {
        list.emplace_back();
        return read_value(from, list.back());
    }
}

template <class Map>
bool insert_member(decoder& from, void* target, std::string_view key) {
    using key_type = typename Map::key_type;
    using allocator = std::pmr::polymorphic_allocator<std::byte>;
    Map& map = *static_cast<Map*>(target);
    auto made_key = [&] {
        if constexpr (std::uses_allocator_v<key_type, allocator>) {
            return key_type(key, allocator(&arena_of(from)));
        } else {
            return key_type(key);
        }
    };
    const auto [place, added] = map.try_emplace(made_key());
    return !added || read_value(from, place->second);
}

template <class Array>
bool read_element(decoder& from, void* target, std::size_t index) {
    return read_value(from, (*static_cast<Array*>(target))[index]);
}

template <class T>
inline constexpr bool is_readable =
    described<T> || integer<T> || floating<T> || is_optional<T> || is_array<T> ||
    owning_string<T> || string_map<T> || growing_list<T> || std::same_as<T, bool> ||
    std::same_as<T, raw> || std::same_as<T, std::string_view>;

template <class T>
bool read_value(decoder& from, T& target) {
    static_assert(is_readable<T>,
                  "spry cannot read this type from JSON: describe a struct with SPRY_JSON(type, "
                  "members...), or use a string, number, bool, optional, list, map or json::raw");
    if constexpr (std::same_as<T, std::string_view>) {
        return read_string(from, target);
    } else if constexpr (std::same_as<T, raw>) {
        return read_raw(from, target);
    } else if constexpr (std::same_as<T, bool>) {
        return read_bool(from, target);
    } else if constexpr (std::same_as<T, double>) {
        return read_double(from, target);
    } else if constexpr (std::same_as<T, float>) {
        return read_float(from, target);
    } else if constexpr (integer<T> && (std::is_signed_v<T> || sizeof(T) < sizeof(std::int64_t))) {
        std::int64_t value = 0;
        constexpr std::int64_t min = std::numeric_limits<T>::min();
        constexpr std::int64_t max = std::numeric_limits<T>::max();
        if (!read_signed(from, value, min, max))
            return false;
        target = static_cast<T>(value);
        return true;
    } else if constexpr (integer<T>) {
        std::uint64_t value = 0;
        if (!read_unsigned(from, value))
            return false;
        target = static_cast<T>(value);
        return true;
    } else if constexpr (is_optional<T>) {
        if (read_null(from)) {
            target.reset();
            return true;
        }
        return read_value(from, target.emplace());
    } else if constexpr (is_array<T>) {
        return read_array(from, &target, std::tuple_size_v<T>, &read_element<T>);
    } else if constexpr (owning_string<T>) {
        std::string_view text;
        if (!read_string(from, text))
            return false;
        settle(from, target);
        target.assign(text);
        return true;
    } else if constexpr (string_map<T>) {
        settle(from, target);
        return read_map(from, &target, &insert_member<T>);
    } else if constexpr (growing_list<T>) {
        settle(from, target);
        return read_list(from, &target, &append_element<T>);
    } else if constexpr (described<T>) {
        using table = read_table<T>;
        return read_object(from, &target, table::fields.data(), table::fields.size());
    } else {
        return false; // after the static_assert above
    }
}

} // namespace detail

/// What a reader can read: a described struct, std::string_view, std::string, integers, float,
/// double, bool, std::optional, std::array, lists (std::vector and the like), maps with string
/// keys, json::raw, and all of these within each other. Looks at the outermost type; what lies
/// inside is checked when it is read.
template <class T>
concept readable = detail::is_readable<T> && std::default_initializable<T> && std::movable<T>;

/// Reads one document at a time with one simdjson parser, which is made on first use and grows with
/// the largest text.
///
/// - A missing member keeps its initialiser unless it is required; null fits std::optional and raw
/// only;
///   unknown members are skipped; of two members with one name the first counts.
/// - Integers must be written as integers (no 1.0, no 1e3) and fit; numbers must fit their type.
/// - Strings are unescaped into the parser's buffer; `\ud800` without its other half becomes
/// U+FFFD.
/// - std::pmr strings, lists and maps live in the arena given to `read`; others where they always
/// do.
/// - What is skipped is checked for valid UTF-8, closed strings and the end of the document, not
/// for more: On-Demand
///   does not look into what nobody asks for.
///
/// One thread. Not movable: a parser's views point into it.
class reader {
public:
    reader() noexcept;
    ~reader();
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;

    /// Reads the whole of `text`, behind which `padding` bytes must be readable. The text is
    /// neither changed nor copied, but for a document that is one bare scalar, which is copied to
    /// the arena.
    ///
    /// Lifetime: std::string_view and raw in the value are valid until the next read, shrink(), or
    /// the end of the text, the arena or this reader. Errors: errc::invalid_json,
    /// errc::json_mismatch; problem() says where and why. Throws what the types' own allocation
    /// throws.
    template <readable T>
    result<T> read(std::string_view text, std::pmr::memory_resource& arena) {
        T value{};
        const std::error_code error =
            read_into(text, arena, &value, [](detail::decoder& from, void* target) {
                return detail::read_value(from, *static_cast<T*>(target));
            });
        if (error)
            return failure(error);
        return value;
    }

    /// Why the last read failed. Empty after one that did not.
    const mismatch& problem() const noexcept { return problem_; }

    /// Gives the parser's memory back; the next read takes what it needs.
    void shrink() noexcept;

    /// simdjson's parser, out of sight of those who include this.
    struct state;

    /// The parser, large enough for `text_bytes`; null where there is no memory. For
    /// json_on_demand.hpp.
    state* prepare(std::size_t text_bytes);

private:
    std::error_code read_into(std::string_view text, std::pmr::memory_resource& arena, void* target,
                              detail::read_function read_one);

    std::unique_ptr<state> state_;
    mismatch problem_;
};

} // namespace spry::json
