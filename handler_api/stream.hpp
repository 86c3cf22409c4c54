// SPDX-License-Identifier: Apache-2.0
// Streamed responses: what `context.stream` takes, and what produces the bytes
// (runtime-contract 2).
#pragma once

#include <spry/core/async_generator.hpp>
#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/handler_api/context.hpp>
#include <spry/handler_api/http_prelude.hpp>
#include <spry/handler_api/response.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace spry {

class runtime_client;
enum class post_outcome : unsigned char;

namespace detail {
class streamed_post;
}

/// Bytes to send, borrowed: made of anything that is a view of bytes or text, or converts to one.
class stream_bytes {
public:
    template <class T>
        requires std::convertible_to<const T&, std::span<const std::byte>> ||
                 std::convertible_to<const T&, std::string_view>
    stream_bytes(const T& from) noexcept : bytes_(view_of(from)) {}

    std::span<const std::byte> bytes() const noexcept { return bytes_; }

private:
    template <class T>
    static std::span<const std::byte> view_of(const T& from) noexcept {
        if constexpr (std::convertible_to<const T&, std::span<const std::byte>>) {
            return from;
        } else {
            return std::as_bytes(std::span{std::string_view{from}});
        }
    }

    std::span<const std::byte> bytes_;
};

/// A coroutine that yields the pieces of a response: `co_yield "text"`. A piece is borrowed until
/// the coroutine is resumed.
using byte_generator = async_generator<stream_bytes>;

/// What a producer writes its response to. It lives as long as the producer.
class stream_writer {
public:
    stream_writer() noexcept = default;
    stream_writer(const stream_writer&) = delete;
    stream_writer& operator=(const stream_writer&) = delete;

    /// Sends the bytes, as one chunk and in one system call, behind the response's head where they
    /// are its first; nothing at all where they are empty. Suspends while the peer is slow: nothing
    /// is buffered, and the bytes are borrowed until it resumes. One write at a time.
    ///
    /// Fails where the response is over before its end: the Runtime API has gone, or has refused
    /// the rest (`errc::connection_closed`, or what the socket reports), or
    /// `runtime_api::streamed_size_max` bytes are not enough (`errc::body_too_large`). The
    /// context's stop has been requested then, and every further write fails the same way.
    task<result<>> write(stream_bytes bytes);

    /// Sends the head, and the prelude, before there are bytes. From then on a failure of the
    /// producer cannot take the place of the response any more.
    task<result<>> flush();

private:
    friend class detail::streamed_post;

    detail::streamed_post* post_ = nullptr;
};

namespace detail {

/// A response that is a stream, before and while it is sent. It lies in the invocation's arena and
/// belongs to the context, which ends it before the arena is reset.
class response_stream {
public:
    explicit response_stream(std::string_view content_type) noexcept
        : content_type_(content_type) {}
    response_stream(const response_stream&) = delete;
    response_stream& operator=(const response_stream&) = delete;
    virtual ~response_stream();

    /// Runs the producer and posts what it produces. A virtual call, so that only functions that
    /// stream have this code in them.
    virtual task<post_outcome> post(runtime_client& client, context& about, stop_source& stop);

    std::string_view content_type() const noexcept { return content_type_; }
    std::string_view prelude() const noexcept { return prelude_; }
    void set_prelude(std::string_view json) noexcept { prelude_ = json; }
    stream_writer& writer() noexcept { return writer_; }

    /// Its neighbour in the context's list.
    response_stream* next = nullptr;
    /// The producer, not started; it writes to `writer`.
    std::optional<task<>> work;

private:
    std::string_view content_type_;
    std::string_view prelude_; // JSON, or empty
    stream_writer writer_;
};

/// Owns the callable too: a coroutine lambda refers to its captures as long as it runs.
template <class Producer>
class stream_of final : public response_stream {
public:
    stream_of(std::string_view content_type, Producer producer)
        : response_stream(content_type), producer_(std::move(producer)) {}
    ~stream_of() override { work.reset(); } // before its captures

    Producer& producer() noexcept { return producer_; }

private:
    Producer producer_;
};

template <class Producer, class... State>
concept writes_stream = std::is_invocable_r_v<task<>, Producer&, stream_writer&, State...>;

template <class Producer, class... State>
concept yields_stream = std::is_invocable_r_v<byte_generator, Producer&, State...>;

/// Writes what the generator yields.
task<> write_all(byte_generator pieces, stream_writer* to);

template <class Producer, class... State>
response_stream* make_stream(context& about, std::string_view content_type, Producer producer,
                             State&&... state) {
    static_assert(writes_stream<Producer, State...> || yields_stream<Producer, State...>,
                  "a stream's producer is called with the further arguments of context.stream: as "
                  "spry::task<> produce(spry::stream_writer&, State...) or as "
                  "spry::byte_generator produce(State...)");
    using stream = stream_of<Producer>;
    void* const memory = about.arena().allocate(sizeof(stream), alignof(stream));
    auto* const made =
        std::construct_at(static_cast<stream*>(memory), content_type, std::move(producer));
    about.adopt(*made);
    if constexpr (writes_stream<Producer, State...>) {
        made->work.emplace(
            std::invoke(made->producer(), made->writer(), std::forward<State>(state)...));
    } else {
        made->work.emplace(write_all(std::invoke(made->producer(), std::forward<State>(state)...),
                                     &made->writer()));
    }
    return made;
}

} // namespace detail

template <class Producer, class... State>
    requires(!detail::stream_heading<Producer>)
response context::stream(Producer producer, State&&... state) {
    return stream(response::binary_type, std::move(producer), std::forward<State>(state)...);
}

template <class Producer, class... State>
response context::stream(std::string_view content_type, Producer producer, State&&... state) {
    return response{*detail::make_stream(*this, content_type, std::move(producer),
                                         std::forward<State>(state)...)};
}

template <class Producer, class... State>
response context::stream(const http_prelude& prelude, Producer producer, State&&... state) {
    const std::string_view json = write_http_prelude(prelude, arena());
    detail::response_stream* const made = detail::make_stream(
        *this, http_prelude_type, std::move(producer), std::forward<State>(state)...);
    made->set_prelude(json);
    return response{*made};
}

} // namespace spry
