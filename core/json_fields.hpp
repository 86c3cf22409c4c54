// SPDX-License-Identifier: Apache-2.0
// SPRY_JSON: tells spry which members of a struct are read from and written to JSON.
//
//     struct order { std::string_view id; int count = 1; std::optional<double> limit; };
//     SPRY_JSON(order, required(id), count, named(limit, "upper-limit"))
//
// Stands at namespace scope, in the namespace of the struct (that is where it is looked up), after
// the struct and after the descriptions of the structs it contains.
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>

namespace spry::json {

/// Members in one description. A struct's members seen so far are one 64-bit mask while it is read.
inline constexpr std::size_t fields_max = 64;

namespace detail {

/// Carries a type into an argument-dependent lookup.
template <class T>
struct tag {};

/// One described member of Class, or of a base of it: where it lies, how it is called in JSON,
/// whether it may be missing.
template <class Class, auto Member>
struct member {
    std::string_view key;
    bool required;

    static auto& of(void* object) noexcept { return static_cast<Class*>(object)->*Member; }
    static const auto& of(const void* object) noexcept {
        return static_cast<const Class*>(object)->*Member;
    }
};

/// Keys are compared with the text of an event and written to an answer as they stand.
constexpr bool is_plain_key(std::string_view key) noexcept {
    for (const char byte : key) {
        if (static_cast<unsigned char>(byte) < 0x20 || byte == '"' || byte == '\\')
            return false;
    }
    return true;
}

template <class... Members>
constexpr std::tuple<Members...> members(Members... described) noexcept {
    static_assert(sizeof...(Members) <= fields_max, "SPRY_JSON describes at most 64 members");
    return {described...};
}

/// Whether T has a SPRY_JSON description.
template <class T>
concept described = requires { spry_json_members(tag<T>{}); };

} // namespace detail
} // namespace spry::json

/// SPRY_JSON(type, member...): up to 64 members, each of them one of
///
///     name                        read where present, else it keeps its initialiser; key "name"
///     named(name, "other-key")    the same under another key
///     required(name)              an error where missing
///     required(name, "other-key")
///
/// Keys must not need escaping in JSON. Errors: a key that does is refused by the compiler.
#define SPRY_JSON(type, ...)                                                                       \
    [[maybe_unused]] constexpr auto spry_json_members(::spry::json::detail::tag<type>) noexcept {  \
        return ::spry::json::detail::members(                                                      \
            SPRY_JSON_EXPAND(SPRY_JSON_EACH(type __VA_OPT__(, ) __VA_ARGS__)));                    \
    }

// One member: `required(x)` and `named(x, k)` are recognised by what they expand to behind the
// prefix SPRY_JSON_MARK_; a plain name expands to nothing known there and keeps the second
// argument's place.
#define SPRY_JSON_MARK_required(name, ...)                                                         \
    ~, (name, SPRY_JSON_KEY(name __VA_OPT__(, ) __VA_ARGS__), true)
#define SPRY_JSON_MARK_named(name, key) ~, (name, key, false)
#define SPRY_JSON_KEY(name, ...) SPRY_JSON_SECOND(~__VA_OPT__(, ) __VA_ARGS__, #name, ~)
#define SPRY_JSON_SECOND(first, second, ...) second
#define SPRY_JSON_PICK(...) SPRY_JSON_SECOND(__VA_ARGS__)
#define SPRY_JSON_UNWRAP(name, key, is_required) name, key, is_required
#define SPRY_JSON_MEMBER(type, entry)                                                              \
    SPRY_JSON_MEMBER_OF(type, SPRY_JSON_PICK(SPRY_JSON_MARK_##entry, (entry, #entry, false), ~))
#define SPRY_JSON_MEMBER_OF(type, entry) SPRY_JSON_MEMBER_AS(type, SPRY_JSON_UNWRAP entry)
#define SPRY_JSON_MEMBER_AS(...) SPRY_JSON_DESCRIBE(__VA_ARGS__)
#define SPRY_JSON_DESCRIBE(type, name, key, is_required)                                           \
    [] {                                                                                           \
        static_assert(::spry::json::detail::is_plain_key(key),                                     \
                      "a key in SPRY_JSON must not need escaping");                                \
        return ::spry::json::detail::member<type, &type::name>{key, is_required};                  \
    }()

// Repeats SPRY_JSON_MEMBER for every argument: each scan by the preprocessor does one, and EXPAND
// makes enough scans for more than `fields_max`.
#define SPRY_JSON_EACH(type, ...) __VA_OPT__(SPRY_JSON_EACH_STEP(type, __VA_ARGS__))
#define SPRY_JSON_EACH_STEP(type, entry, ...)                                                      \
    SPRY_JSON_MEMBER(type, entry)                                                                  \
    __VA_OPT__(, SPRY_JSON_EACH_AGAIN SPRY_JSON_NOTHING()(type, __VA_ARGS__))
#define SPRY_JSON_EACH_AGAIN() SPRY_JSON_EACH_STEP
#define SPRY_JSON_NOTHING
#define SPRY_JSON_EXPAND(...)                                                                      \
    SPRY_JSON_EXPAND_3(SPRY_JSON_EXPAND_3(SPRY_JSON_EXPAND_3(__VA_ARGS__)))
#define SPRY_JSON_EXPAND_3(...)                                                                    \
    SPRY_JSON_EXPAND_2(SPRY_JSON_EXPAND_2(SPRY_JSON_EXPAND_2(__VA_ARGS__)))
#define SPRY_JSON_EXPAND_2(...)                                                                    \
    SPRY_JSON_EXPAND_1(SPRY_JSON_EXPAND_1(SPRY_JSON_EXPAND_1(__VA_ARGS__)))
#define SPRY_JSON_EXPAND_1(...)                                                                    \
    SPRY_JSON_EXPAND_0(SPRY_JSON_EXPAND_0(SPRY_JSON_EXPAND_0(__VA_ARGS__)))
#define SPRY_JSON_EXPAND_0(...) __VA_ARGS__
