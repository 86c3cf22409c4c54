// SPDX-License-Identifier: Apache-2.0
// Middleware: code around a handler, such as timing or authorisation. `wrap` puts it there.
#pragma once

#include <spry/core/task.hpp>
#include <spry/handler_api/context.hpp>
#include <spry/handler_api/event.hpp>
#include <spry/handler_api/handler.hpp>
#include <spry/handler_api/response.hpp>

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace spry {

/// What a middleware wraps: the next one, or the handler. Called, it gives the answer, or throws
/// what leaves it. A value of two pointers, valid as long as the invocation; may be called any
/// number of times.
class next_handler {
public:
    task<response> operator()(event given, context& about) const {
        return invoke_(handler_, given, &about);
    }

private:
    template <class Middleware, class Handler>
    friend class wrapped;

    template <class Handler>
    explicit next_handler(const Handler& handler) noexcept
        : handler_(&handler), invoke_([](const void* stored, event given, context* about) {
              return detail::invoke_handler(static_cast<const Handler*>(stored), given, about);
          }) {}

    const void* handler_;
    task<response> (*invoke_)(const void*, event, context*);
};

namespace detail {

/// Takes its event by value: a coroutine may outlive what a reference to it is bound to.
template <class F>
concept takes_event_by_value = std::same_as<typename first_parameter<F>::type, event>;

/// Stands before the handler: answers itself, or has nothing to say.
template <class F>
concept gate = takes_event_by_value<F> && requires(const F& f, event given, context& about) {
    { f(given, about) } -> std::same_as<std::optional<response>>;
};

/// Stands around the handler, and decides whether it is called.
template <class F>
concept around = takes_event_by_value<F> &&
                 requires(const F& f, event given, context& about, next_handler next) {
                     { f(given, about, next) } -> std::same_as<task<response>>;
                 };

/// An answer that is there already.
inline task<response> answered(response answer) {
    co_return answer;
}

} // namespace detail

/// Either of two callables, whose event is taken by value; called as const, since several
/// invocations may be in it at the same time.
///
/// `task<response> (event, context&, next_handler)` stands around the handler: what it returns is
/// the answer, which it has got from `next(event, context)`, has changed, or has made itself. As a
/// coroutine it may wait, and catches what leaves the handler; without anything to do behind it, it
/// may be a plain function that ends with `return next(event, context);`.
///
/// `std::optional<response> (event, context&)` stands before the handler: a response is the answer,
/// and the handler is not called; with std::nullopt it is.
///
/// Strings that a middleware has read from the event are valid until the next one, or the handler,
/// reads it again.
template <class F>
concept middleware = detail::gate<F> || detail::around<F>;

namespace detail {

/// Refuses in words what is no middleware.
template <class F>
constexpr void require_middleware() noexcept {
    static_assert(middleware<F>,
                  "a spry middleware is callable, as const, with (spry::event, spry::context&, "
                  "spry::next_handler) and returns spry::task<spry::response>, or with "
                  "(spry::event, spry::context&) and returns std::optional<spry::response>; the "
                  "event is taken by value, and there is one operator(), which is no template");
}

} // namespace detail

/// A middleware and the handler in it, which is a handler as well. Made by `wrap`.
template <class Middleware, class Handler>
class wrapped {
public:
    wrapped(Middleware middleware, Handler handler)
        : middleware_(std::move(middleware)), handler_(std::move(handler)) {}

    task<response> operator()(event given, context& about) const {
        if constexpr (detail::gate<Middleware>) {
            std::optional<response> answer = middleware_(given, about);
            if (answer)
                return detail::answered(std::move(*answer));
            return detail::invoke_handler(&handler_, given, &about);
        } else {
            return middleware_(given, about, next_handler{handler_});
        }
    }

private:
    [[no_unique_address]] Middleware middleware_;
    [[no_unique_address]] Handler handler_;
};

/// The handler behind the middleware, as a handler for the table that `run` takes, written from the
/// outside in: in `{"orders", wrap(timing, authorised{"admin"}, orders)}` an event passes timing,
/// then authorised, then orders, and the answer goes the other way. Stores all of them; an
/// invocation allocates nothing but coroutine frames, one for each coroutine there is.
template <class Middleware, class Handler>
auto wrap(Middleware middleware, Handler handler) {
    detail::require_middleware<Middleware>();
    detail::require_handler<Handler>();
    return wrapped<Middleware, Handler>{std::move(middleware), std::move(handler)};
}

template <class Outermost, class Next, class... Rest>
    requires(sizeof...(Rest) != 0)
auto wrap(Outermost outermost, Next next, Rest... rest) {
    return wrap(std::move(outermost), wrap(std::move(next), std::move(rest)...));
}

} // namespace spry
