// SPDX-License-Identifier: Apache-2.0
// json::raw, and the words in which JSON's values are told from C++'s types.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

namespace spry::json {

/// The text of one JSON value, unparsed: `[1, 2]`, `"a\n"`, `null`. Read, it is a view into the
/// event without surrounding white space, valid as long as the event; what lies inside was checked
/// for balanced brackets, not for more. Written, it is copied as it stands and must be valid JSON;
/// empty counts as null.
struct raw {
    std::string_view text;

    friend bool operator==(const raw&, const raw&) = default;
};

namespace detail {

/// Integers that are numbers: the character types are not, since nobody can guess what they mean.
template <class T>
concept integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                  !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                  !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <class T>
concept floating = std::same_as<T, float> || std::same_as<T, double>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// std::string and its relatives, whatever their allocator.
template <class T>
concept owning_string = requires(T text, std::string_view view) {
    typename T::traits_type;
    typename T::allocator_type;
    text.assign(view);
    { std::string_view(text) } -> std::same_as<std::string_view>;
};

/// std::map, std::unordered_map and their relatives, with keys that a string_view makes.
template <class T>
concept string_map = requires(T map) {
    typename T::key_type;
    typename T::mapped_type;
    map.clear();
    requires std::constructible_from<typename T::key_type, std::string_view>;
    requires std::convertible_to<const typename T::key_type&, std::string_view>;
};

/// std::vector, std::deque, std::list and their relatives.
template <class T>
concept growing_list = !owning_string<T> && !string_map<T> && requires(T list) {
    typename T::value_type;
    list.clear();
    list.emplace_back();
};

/// std::array: as many elements as the type says, no fewer, no more.
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t Size>
inline constexpr bool is_array<std::array<T, Size>> = true;

} // namespace detail
} // namespace spry::json
