// SPDX-License-Identifier: Apache-2.0
// result<T>: a value, or the std::error_code that says why there is none.
//
// The names are those of std::expected<T, std::error_code>, so that call sites survive a move to
// C++23. One difference is meant: value() throws std::system_error, which carries the code, not
// bad_expected_access.
#pragma once

#include <spry/core/assert.hpp>
#include <spry/core/error.hpp>

#include <concepts>
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

template <class T = void>
class [[nodiscard]] result {
public:
    using value_type = T;

    result(const T& value) : state_(std::in_place_index<0>, value) {}
    result(T&& value) : state_(std::in_place_index<0>, std::move(value)) {}
    result(unexpected_error error) noexcept : state_(std::in_place_index<1>, error.error()) {}

    template <class U>
        requires(std::constructible_from<T, U> && std::convertible_to<U, T> &&
                 !std::same_as<std::remove_cvref_t<U>, result> &&
                 !std::same_as<std::remove_cvref_t<U>, T> &&
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
    const std::error_code& error() const noexcept {
        const std::error_code* error = std::get_if<1>(&state_);
        SPRY_ASSERT(error != nullptr);
        return *error;
    }

    /// The value, or std::system_error.
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
        if (!has_value())
            throw std::system_error(error());
    }

    std::variant<T, std::error_code> state_;
};

template <>
class [[nodiscard]] result<void> {
public:
    using value_type = void;

    result() noexcept = default;
    result(unexpected_error error) noexcept : error_(error.error()) {}

    bool has_value() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return has_value(); }

    const std::error_code& error() const noexcept {
        SPRY_ASSERT(error_);
        return error_;
    }
    void value() const {
        if (error_)
            throw std::system_error(error_);
    }

private:
    std::error_code error_;
};

} // namespace spry
