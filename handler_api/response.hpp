// SPDX-License-Identifier: Apache-2.0
// response: what a function answers.
#pragma once

#include <spry/handler_api/function_error.hpp>

#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace spry {

class context;

namespace detail {

class response_stream;

/// An array of characters that are not changed: a string literal has this type, and so have others.
template <class T>
concept character_array =
    std::is_array_v<std::remove_reference_t<T>> &&
    std::is_same_v<std::remove_extent_t<std::remove_reference_t<T>>, const char>;

/// Text written in the program: a string literal, or an array that lives as long as the process.
/// Made while compiling, when no other array has an address yet.
class static_text {
public:
    template <std::size_t Size>
    consteval static_text(const char (&text)[Size]) noexcept : text_(text) {}

    std::span<const std::byte> bytes() const noexcept {
        return std::as_bytes(std::span{std::string_view{text_}});
    }

private:
    const char* text_;
};

/// Views, and nothing that owns: std::span<const std::byte>, std::string_view.
template <class T>
concept byte_view = std::ranges::view<std::remove_cvref_t<T>> &&
                    (std::is_convertible_v<T, std::span<const std::byte>> ||
                     std::is_convertible_v<T, std::string_view>);

/// Neither a std::string (owned) nor a view (borrowed), but a container of bytes, whoever wrote
/// which meant one of the two, or nothing of which a string can be made.
template <class T>
concept undecided_bytes =
    !byte_view<T> && !std::is_same_v<std::remove_cvref_t<T>, std::string> &&
    (std::is_convertible_v<T, std::span<const std::byte>> ||
     std::is_convertible_v<T, std::string_view> || !std::is_constructible_v<std::string, T>);

} // namespace detail

/// A body and its content type. The body is
///
/// - owned: `response::json(std::move(text))`, a std::string that moves into the response;
/// - static: `response::json("{}")`, a literal;
/// - borrowed: `response::json(event.bytes())`, a view of the event or of the invocation's arena,
///   which live until the answer has been sent and acknowledged. Nothing is copied. A view of
///   anything that dies with the handler must not be returned; temporaries, containers and the
///   handler's own arrays are refused by the compiler.
/// - a stream: `context.stream(producer)`, see there. `body` is empty then.
class response {
public:
    static constexpr std::string_view json_type = "application/json";
    static constexpr std::string_view text_type = "text/plain; charset=utf-8";
    static constexpr std::string_view binary_type = "application/octet-stream";

    /// An empty body of type application/json.
    response() noexcept = default;
    /// No answer but an error: what `return spry::failure(type, message);` means in a handler.
    /// Throws it: a failure leaves a handler in one way, however it is written.
    response(function_error error) { throw std::move(error); }
    response(response&& other) noexcept { take(other); }
    response& operator=(response&& other) noexcept {
        take(other);
        return *this;
    }

    /// A body that is JSON text already.
    template <class Body>
        requires(!detail::character_array<Body>)
    static response json(Body&& body) {
        return make(std::forward<Body>(body), json_type);
    }
    static response json(detail::static_text body) { return make(body.bytes(), json_type); }
    /// UTF-8 text.
    template <class Body>
        requires(!detail::character_array<Body>)
    static response text(Body&& body) {
        return make(std::forward<Body>(body), text_type);
    }
    static response text(detail::static_text body) { return make(body.bytes(), text_type); }
    /// Any bytes. `content_type` is a literal, or lives as long as the event: it is borrowed.
    template <class Body>
        requires(!detail::character_array<Body>)
    static response bytes(Body&& body, std::string_view content_type = binary_type) {
        return make(std::forward<Body>(body), content_type);
    }
    static response bytes(detail::static_text body, std::string_view content_type = binary_type) {
        return make(body.bytes(), content_type);
    }
    template <class Body, std::same_as<std::string> Temporary>
    static response bytes(Body&& body, Temporary&& content_type) = delete;

    std::span<const std::byte> body() const noexcept {
        return is_owned_ ? std::as_bytes(std::span{owned_}) : borrowed_;
    }
    std::string_view body_text() const noexcept {
        return {reinterpret_cast<const char*>(body().data()), body().size()};
    }
    std::string_view content_type() const noexcept { return content_type_; }
    bool is_stream() const noexcept { return stream_ != nullptr; }

    /// For who posts it: null where it is no stream.
    detail::response_stream* stream() const noexcept { return stream_; }

private:
    friend class context;

    // The context owns the stream.
    explicit response(detail::response_stream& stream) noexcept : stream_(&stream) {}

    template <class Body>
    static response make(Body&& body, std::string_view content_type) {
        static_assert(!detail::undecided_bytes<Body>,
                      "a response owns a std::string or borrows a view of the event or the arena: "
                      "move a std::string "
                      "into it, or pass a std::span or std::string_view of something that outlives "
                      "the handler");
        response made;
        made.content_type_ = content_type;
        if constexpr (std::is_convertible_v<Body, std::span<const std::byte>>) {
            made.borrowed_ = body;
        } else if constexpr (detail::byte_view<Body>) {
            made.borrowed_ = std::as_bytes(std::span{std::string_view{body}});
        } else {
            made.owned_ = std::string(std::forward<Body>(body));
            made.is_owned_ = true;
        }
        return made;
    }

    // The view of an owned body is made when it is asked for: a short string moves with its
    // characters.
    void take(response& other) noexcept {
        owned_ = std::move(other.owned_);
        borrowed_ = other.borrowed_;
        content_type_ = other.content_type_;
        stream_ = other.stream_;
        is_owned_ = other.is_owned_;
    }

    std::string owned_;
    std::span<const std::byte> borrowed_;
    std::string_view content_type_ = json_type;
    detail::response_stream* stream_ = nullptr;
    bool is_owned_ = false;
};

} // namespace spry
