// SPDX-License-Identifier: Apache-2.0
// function_error: an error that a handler reports on purpose, with a type of its own.
#pragma once

#include <spry/core/result.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace spry {

/// What the invoker finds in errorType and errorMessage. Thrown, from wherever:
///
///     throw spry::failure("Order.NotFound", "there is no order 7");
///
/// or returned by a handler whose answer is a response, or a result<Out, function_error>:
///
///     return spry::failure("Order.NotFound", "there is no order 7");
///
/// Unlike another exception it says nothing of C++: the type is the name that was given, and there
/// are no stack frames. In the error-type header it is Function.OrderNotFound.
class function_error : public std::exception {
public:
    function_error(std::string type, std::string message)
        : type_(std::move(type)), message_(std::move(message)) {}

    std::string_view type() const noexcept { return type_; }
    std::string_view message() const noexcept { return message_; }
    const char* what() const noexcept override { return message_.c_str(); }

private:
    std::string type_;
    std::string message_;
};

/// An error on purpose. `type` names it for programs, `message` explains it to people.
inline function_error failure(std::string type, std::string message) {
    return {std::move(type), std::move(message)};
}

} // namespace spry
