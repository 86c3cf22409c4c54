// SPDX-License-Identifier: Apache-2.0
// What a handler is: which callables can answer an invocation, and how each of them is called.
#pragma once

#include <spry/core/json_reader.hpp>
#include <spry/core/json_writer.hpp>
#include <spry/core/task.hpp>
#include <spry/handler_api/context.hpp>
#include <spry/handler_api/event.hpp>
#include <spry/handler_api/response.hpp>

#include <concepts>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace spry {

/// Thrown where an event does not fit the type that a handler takes; the text says where, and what
/// was expected.
class event_mismatch : public std::runtime_error {
public:
    explicit event_mismatch(std::string_view problem)
        : std::runtime_error("the event does not fit the handler: " + std::string{problem}) {}
};

namespace detail {

/// Stands for "no type".
struct none {};

// The type of a callable's first parameter, for callables with one signature; `none` for the
// others.
template <class F>
struct first_parameter {
    using type = none;
};
template <class R, class First, class... Rest>
struct first_parameter<R (*)(First, Rest...)> {
    using type = First;
};
template <class R, class First, class... Rest>
struct first_parameter<R (*)(First, Rest...) noexcept> : first_parameter<R (*)(First, Rest...)> {};
template <class R, class C, class First, class... Rest>
struct first_parameter<R (C::*)(First, Rest...)> : first_parameter<R (*)(First, Rest...)> {};
template <class R, class C, class First, class... Rest>
struct first_parameter<R (C::*)(First, Rest...) const> : first_parameter<R (*)(First, Rest...)> {};
template <class R, class C, class First, class... Rest>
struct first_parameter<R (C::*)(First, Rest...) noexcept> : first_parameter<R (*)(First, Rest...)> {
};
template <class R, class C, class First, class... Rest>
struct first_parameter<R (C::*)(First, Rest...) const noexcept>
    : first_parameter<R (*)(First, Rest...)> {};
template <class F>
    requires requires { &F::operator(); }
struct first_parameter<F> : first_parameter<decltype(&F::operator())> {};

template <class F>
using input_of = std::remove_cvref_t<typename first_parameter<F>::type>;

/// The four ways to call a handler, in the order in which they are tried.
enum class call_shape { event_and_context, event_only, input_and_context, input_only, unknown };

template <class F>
constexpr call_shape shape_of() noexcept {
    if constexpr (std::is_invocable_v<const F&, event, context&>) {
        return call_shape::event_and_context;
    } else if constexpr (std::is_invocable_v<const F&, event>) {
        return call_shape::event_only;
    } else if constexpr (json::readable<input_of<F>>) {
        if constexpr (std::is_invocable_v<const F&, input_of<F>, context&>) {
            return call_shape::input_and_context;
        } else if constexpr (std::is_invocable_v<const F&, input_of<F>>) {
            return call_shape::input_only;
        } else {
            return call_shape::unknown;
        }
    } else {
        return call_shape::unknown;
    }
}

/// What a handler is called with in the place of its event: what is read from it, or it itself.
template <class F>
auto argument_of(const event& given) {
    constexpr call_shape shape = shape_of<F>();
    if constexpr (shape == call_shape::input_and_context || shape == call_shape::input_only) {
        result<input_of<F>> input = given.read<input_of<F>>();
        if (!input)
            throw event_mismatch{given.problem()};
        return std::move(*input);
    } else {
        return given;
    }
}

/// `argument` outlives what the handler returns: a coroutine may take it by reference.
template <class F, class Argument>
auto call(const F& handler, Argument& argument, context& about) {
    constexpr call_shape shape = shape_of<F>();
    if constexpr (shape == call_shape::event_and_context ||
                  shape == call_shape::input_and_context) {
        return handler(std::move(argument), about);
    } else if constexpr (shape != call_shape::unknown) {
        return handler(std::move(argument));
    } else {
        return none{};
    }
}

template <class F>
using argument_type = decltype(argument_of<F>(std::declval<const event&>()));

template <class F>
using returned_by = decltype(call(std::declval<const F&>(), std::declval<argument_type<F>&>(),
                                  std::declval<context&>()));

template <class T>
struct task_value {
    using type = T;
};
template <class T>
struct task_value<task<T>> {
    using type = T;
};

template <class F>
using answer_of = std::remove_cvref_t<typename task_value<returned_by<F>>::type>;

template <class T>
concept plain_answer = std::is_void_v<T> || std::convertible_to<T, response> || json::writable<T>;

/// A value, or what is thrown where there is none: spry::result, or std::expected.
template <class T>
concept fallible = requires(T& value) {
    typename T::value_type;
    { value.has_value() } -> std::same_as<bool>;
    requires std::same_as<std::remove_cvref_t<decltype(value.error())>, std::error_code> ||
                 std::derived_from<std::remove_cvref_t<decltype(value.error())>, std::exception>;
};

template <class T>
concept fallible_answer = fallible<T> && plain_answer<typename T::value_type>;

template <class T>
concept answer = plain_answer<T> || fallible_answer<T>;

[[noreturn]] inline void throw_failure(const std::error_code& error) {
    throw std::system_error(error);
}
template <std::derived_from<std::exception> Error>
[[noreturn]] void throw_failure(Error&& error) {
    throw std::forward<Error>(error);
}

template <class T>
response to_response(T&& value, context& about) {
    if constexpr (std::convertible_to<T, response>) {
        return std::forward<T>(value);
    } else if constexpr (fallible<T>) {
        if (!value.has_value())
            throw_failure(std::forward<T>(value).error());
        if constexpr (std::is_void_v<typename T::value_type>) {
            return response::json("null");
        } else {
            return to_response(*std::forward<T>(value), about);
        }
    } else {
        // The text lies in the arena, where it lives until the answer has been acknowledged.
        json::writer text{about.arena()};
        json::write(text, value);
        return response::json(text.release());
    }
}

} // namespace detail

/// Any callable of `(event)`, `(event, context&)`, `(In)` or `(In, context&)`, where `In` is a type
/// that JSON can be read into, and whose result is a `response`, something that converts to one, a
/// type that can be written as JSON, nothing (the answer is then `null`), a `result` of one of
/// these, or a `task` of any. A result's error is thrown for the handler: `result<Out,
/// function_error>` is what returns `failure("Order.NotFound", "there is no order 7")` beside an
/// `Out`. Called as const: several invocations may be in one handler at the same time.
template <class F>
concept handler =
    detail::shape_of<F>() != detail::call_shape::unknown && detail::answer<detail::answer_of<F>>;

namespace detail {

/// The handler has the one signature already. Its event must be taken by value: a coroutine may
/// outlive what a reference to it is bound to.
template <class F>
constexpr bool is_direct = std::is_same_v<typename first_parameter<F>::type, event> &&
                           shape_of<F>() == call_shape::event_and_context &&
                           std::is_same_v<returned_by<F>, task<response>>;

template <class F>
task<response> adapt_handler(const F* handler, event given, context* about) {
    argument_type<F> argument = argument_of<F>(given);
    if constexpr (is_task<returned_by<F>>) {
        returned_by<F> work = call(*handler, argument, *about);
        if constexpr (std::is_void_v<answer_of<F>>) {
            co_await std::move(work);
            co_return response::json("null");
        } else {
            answer_of<F> value = co_await std::move(work);
            co_return to_response(std::move(value), *about);
        }
    } else if constexpr (std::is_void_v<returned_by<F>>) {
        call(*handler, argument, *about);
        co_return response::json("null");
    } else {
        co_return to_response(call(*handler, argument, *about), *about);
    }
}

/// One signature for all handlers. `F` outlives the task. A handler that is no coroutine may throw
/// at once.
template <class F>
task<response> invoke_handler(const F* handler, event given, context* about) {
    if constexpr (is_direct<F>) {
        return (*handler)(given, *about);
    } else {
        return adapt_handler<F>(handler, given, about);
    }
}

/// Refuses in words what is no handler.
template <class F>
constexpr void require_handler() noexcept {
    static_assert(
        handler<F>,
        "a spry handler is callable, as const, with (spry::event), (spry::event, "
        "spry::context&), (In) or "
        "(In, spry::context&), In being a type that JSON can be read into (SPRY_JSON), and "
        "returns spry::response, "
        "a type that can be written as JSON, nothing, a spry::result of one of these, or a "
        "spry::task "
        "of any");
}

} // namespace detail

} // namespace spry
