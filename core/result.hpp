// SPDX-License-Identifier: Apache-2.0
// result<T>: a value, or the std::error_code that says why there is none. result<T, E>: a value, or
// an error of another type.
//
// The names are those of std::expected<T, E>, so that call sites survive a move to C++23. Two
// differences are meant: value() throws std::system_error, which carries the code, or the E, not
// bad_expected_access; and what is no std::error_code needs no wrapping to be an error.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/core/error.hpp>

#include <concepts>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace spry {

/// An error on its way into a result; made by `failure`.
class [[nodiscard]] unexpected_error {
public:
    explicit unexpected_error(std::error_code error) noexcept : error_(error) {
        SPRY_ASSERT(error_);
    }
    const std::error_code& error() const noexcept { return error_; }

private:
    std::error_code error_;
};

/// The failed side of a result: `co_return failure(read.error());`, `return
/// failure(errc::timed_out);`
inline unexpected_error failure(std::error_code error) noexcept {
    return unexpected_error{error};
}
inline unexpected_error failure(errc code) noexcept {
    return unexpected_error{make_error_code(code)};
}
inline unexpected_error failure(std::errc code) noexcept {
    return unexpected_error{std::make_error_code(code)};
}

template <class T = void, class E = std::error_code>
class [[nodiscard]] result {
    static_assert(!std::same_as<T, E>,
                  "a result's value and its error are told apart by their type");

public:
    using value_type = T;
    using error_type = E;

    result(const T& value) : state_(std::in_place_index<0>, value) {}
    result(T&& value) : state_(std::in_place_index<0>, std::move(value)) {}
    result(unexpected_error error) noexcept
        requires(std::same_as<E, std::error_code>)
        : state_(std::in_place_index<1>, error.error()) {}
    result(E error)
        requires(!std::same_as<E, std::error_code>)
        : state_(std::in_place_index<1>, std::move(error)) {}

    template <class U>
        requires(std::constructible_from<T, U> && std::convertible_to<U, T> &&
                 !std::same_as<std::remove_cvref_t<U>, result> &&
                 !std::same_as<std::remove_cvref_t<U>, T> &&
                 !std::same_as<std::remove_cvref_t<U>, E> &&
                 !std::same_as<std::remove_cvref_t<U>, unexpected_error>)
    result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    /// Asserts that there is a value: check first.
    T& operator*() & noexcept { return checked(); }
    const T& operator*() const& noexcept { return const_cast<result&>(*this).checked(); }
    T&& operator*() && noexcept { return std::move(checked()); }
    T* operator->() noexcept { return &checked(); }
    const T* operator->() const noexcept { return &const_cast<result&>(*this).checked(); }

    /// Asserts that there is an error.
    const E& error() const& noexcept {
        const E* error = std::get_if<1>(&state_);
        SPRY_ASSERT(error != nullptr);
        return *error;
    }
    E&& error() && noexcept { return std::move(const_cast<E&>(std::as_const(*this).error())); }

    /// The value; throws std::system_error, or the error that is no std::error_code.
    T& value() & {
        throw_if_failed();
        return checked();
    }
    const T& value() const& {
        throw_if_failed();
        return **this;
    }
    T&& value() && {
        throw_if_failed();
        return std::move(checked());
    }

    template <class U>
    T value_or(U&& other) const& {
        return has_value() ? **this : static_cast<T>(std::forward<U>(other));
    }
    template <class U>
    T value_or(U&& other) && {
        return has_value() ? std::move(checked()) : static_cast<T>(std::forward<U>(other));
    }

private:
    T& checked() noexcept {
        T* value = std::get_if<0>(&state_);
        SPRY_ASSERT(value != nullptr);
        return *value;
    }
    void throw_if_failed() const {
        if (has_value())
            return;
        if constexpr (std::same_as<E, std::error_code>) {
            throw std::system_error(error());
        } else {
            throw error();
        }
    }

    std::variant<T, E> state_;
};

// Success holds no error_code: making an empty one asks for the category, whose first use takes a
// lock and a system call.
template <class E>
class [[nodiscard]] result<void, E> {
public:
    using value_type = void;
    using error_type = E;

    result() noexcept = default;
    result(unexpected_error error) noexcept
        requires(std::same_as<E, std::error_code>)
        : error_(error.error()) {}
    result(E error)
        requires(!std::same_as<E, std::error_code>)
        : error_(std::move(error)) {}

    bool has_value() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return has_value(); }

    const E& error() const& noexcept {
        SPRY_ASSERT(error_);
        return *error_;
    }
    E&& error() && noexcept {
        SPRY_ASSERT(error_);
        return *std::move(error_);
    }
    void value() const {
        if (has_value())
            return;
        if constexpr (std::same_as<E, std::error_code>) {
            throw std::system_error(*error_);
        } else {
            throw *error_;
        }
    }

private:
    std::optional<E> error_;
};

} // namespace spry
