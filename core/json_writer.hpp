// SPDX-License-Identifier: Apache-2.0
// json::writer: appends JSON to one growing buffer, from the types json::reader reads. Output is
// always valid JSON (but for what json::raw copies): strings are escaped and repaired to UTF-8, NaN
// and infinities are null.
#pragma once

#include <spry/core/json_fields.hpp>
#include <spry/core/json_value.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace spry::json {

class writer;

namespace detail {

/// Writes one member, key included, of the object behind the pointer.
using write_function = void (*)(writer& to, std::string_view key, const void* object);

struct write_field {
    std::string_view key;
    write_function write;
};

/// Lists: std::vector and its relatives, std::array, std::span, C arrays.
template <class T>
concept range = requires(const T& list) {
    std::begin(list);
    std::end(list);
};

template <class T>
concept textual = std::convertible_to<const T&, std::string_view>;

template <class T>
inline constexpr bool is_writable =
    described<T> || integer<T> || floating<T> || is_optional<T> || textual<T> || range<T> ||
    std::same_as<T, bool> || std::same_as<T, raw> || std::same_as<T, std::nullptr_t>;

} // namespace detail

/// What `write` can write: whatever is readable, string literals and everything else that converts
/// to std::string_view, nullptr, and any range of these. Looks at the outermost type only.
template <class T>
concept writable = detail::is_writable<std::remove_cvref_t<T>>;

/// A buffer and the means to fill it. Doubling, so that a text of n bytes is moved O(log n) times.
///
/// The bytes come from the memory resource given, usually the invocation's arena: then text() can
/// be borrowed by a response as it stands, without a copy and without the heap. Throws what the
/// resource throws.
class writer {
public:
    /// Nothing is taken from `memory`, which must outlive the text, before the first byte is
    /// written.
    explicit writer(std::pmr::memory_resource& memory, std::size_t first_bytes = 256) noexcept
        : memory_(memory), first_bytes_(first_bytes) {}
    ~writer();
    writer(const writer&) = delete;
    writer& operator=(const writer&) = delete;

    /// What has been written; a view into the buffer, valid until the next byte is written or the
    /// writer ends (release() for longer).
    std::string_view text() const noexcept { return {data_, size_}; }

    /// Leaves the bytes to the memory resource, valid as long as it keeps them; the writer is empty
    /// again.
    std::string_view release() noexcept;

    /// Forgets the text and keeps the buffer.
    void clear() noexcept { size_ = 0; }

    // The pieces of a document, for those who write one by hand. Commas are put where they belong:
    // in front of a key or an element that is not the first. Whether the calls nest is the caller's
    // business.
    void begin_object() { put('{'); }
    void end_object() { put('}'); }
    void begin_array() { put('['); }
    void end_array() { put(']'); }
    /// A member's key; its value follows. Any text, escaped as needed.
    void key(std::string_view name);
    /// In front of each element of an array.
    void element() { separate('['); }

    void string(std::string_view text);
    void integer(std::int64_t number);
    void unsigned_integer(std::uint64_t number);
    /// Few digits that read back as the same double, nearly always the fewest (Grisu2).
    void number(double number);
    /// The same for a float: 0.1f is 0.1, not the double next to it.
    void number(float number);
    void boolean(bool value) { verbatim(value ? "true" : "false"); }
    void null() { verbatim("null"); }
    /// Any bytes, as they stand.
    void verbatim(std::string_view json);

    /// A described struct.
    void object(const void* object, const detail::write_field* fields, std::size_t count);

private:
    void put(char byte);
    void separate(char opening);
    /// Room for so many bytes more.
    char* room(std::size_t bytes);

    std::pmr::memory_resource& memory_;
    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::size_t first_bytes_;
};

/// Appends a value. Members of a struct that are an empty std::optional are left out, elsewhere it
/// is null.
template <writable T>
void write(writer& to, const T& value);

namespace detail {

template <class Member>
void write_member(writer& to, std::string_view key, const void* object) {
    const auto& value = Member::of(object);
    if constexpr (is_optional<std::remove_cvref_t<decltype(value)>>) {
        if (!value)
            return;
    }
    to.key(key);
    json::write(to, value);
}

template <class... Members>
constexpr std::array<write_field, sizeof...(Members)> write_fields(std::tuple<Members...> all) {
    return std::apply(
        [](auto... each) {
            return std::array<write_field, sizeof...(Members)>{
                write_field{each.key, &write_member<Members>}...};
        },
        all);
}

template <class T>
struct write_table {
    static constexpr auto fields = write_fields(spry_json_members(tag<T>{}));
};

} // namespace detail

template <writable T>
void write(writer& to, const T& value) {
    if constexpr (std::same_as<T, bool>) {
        to.boolean(value);
    } else if constexpr (std::same_as<T, raw>) {
        to.verbatim(value.text.empty() ? std::string_view("null") : value.text);
    } else if constexpr (std::same_as<T, std::nullptr_t>) {
        to.null();
    } else if constexpr (detail::floating<T>) {
        to.number(value);
    } else if constexpr (detail::integer<T> && std::is_signed_v<T>) {
        to.integer(value);
    } else if constexpr (detail::integer<T>) {
        to.unsigned_integer(value);
    } else if constexpr (detail::is_optional<T>) {
        if (value) {
            json::write(to, *value);
        } else {
            to.null();
        }
    } else if constexpr (detail::described<T>) {
        using table = detail::write_table<T>;
        to.object(&value, table::fields.data(), table::fields.size());
    } else if constexpr (detail::textual<T>) {
        to.string(value);
    } else if constexpr (detail::string_map<T>) {
        to.begin_object();
        for (const auto& [key, mapped] : value) {
            to.key(key);
            json::write(to, mapped);
        }
        to.end_object();
    } else {
        to.begin_array();
        for (const auto& element : value) {
            to.element();
            if constexpr (std::same_as<T, std::vector<bool>> ||
                          std::same_as<T, std::pmr::vector<bool>>) {
                to.boolean(element); // a reference to a bit, or a bool: the libraries differ
            } else {
                json::write(to, element);
            }
        }
        to.end_array();
    }
}

/// The JSON of a value as a string of its own. Convenient, one copy more than `write`.
template <writable T>
std::string to_string(const T& value) {
    writer to(*std::pmr::new_delete_resource());
    json::write(to, value);
    return std::string(to.text());
}

} // namespace spry::json
