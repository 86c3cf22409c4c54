// SPDX-License-Identifier: Apache-2.0
// response_stream: a streamed response on its way from the runtime's POST to the caller.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/emulator/bandwidth_limit.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/event_loop.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace spry::emulator {

/// Bytes of a streamed response, unless an option says otherwise.
inline constexpr std::uint64_t streamed_bytes_max_default = 200 * 1024 * 1024;

/// What every streamed response keeps to (runtime contract 2.4).
struct stream_limits {
    std::uint64_t bytes_max = streamed_bytes_max_default;
    std::uint64_t bytes_per_second = 0; ///< behind `bandwidth_burst_bytes`; 0: no limit
};

/// A pipe without a buffer, between one writer and one reader on one loop: a piece stays where the
/// writer has received it until the reader has taken all of it, and the writer waits for that. So a
/// slow reader holds no memory but its own, and slows the function down, to the function's
/// deadline at most.
///
/// 1. Whoever wants the response as it arrives makes one, hands it over with its invocation
///    (`invocation::stream`), and waits for `started`.
/// 2. The runtime's POST starts it, if it is one that streams, and writes. A buffered response,
///    and an error before the first byte, start nothing: they are in the outcome.
/// 3. With the outcome, whatever it is, the stream ends. The reader reads up to the end, then
///    awaits `invocation::finished` and finds in the outcome how it ended: whole, with an error of
///    the function's, cut, too large, too late.
///
///        invocation work{loop};
///        response_stream stream{loop, limits};
///        work.stream = &stream;
///        ... dispatcher.submit(work) ...
///        if (co_await stream.started()) {
///            ... stream.content_type(), then stream.read(...) until it gives 0
///        }
///        co_await work.finished();
///
/// A reader that gives up calls `abandon`, and still awaits the invocation: the rest of the
/// response is thrown away as it comes, so that the function ends as it would have ended.
class response_stream {
public:
    /// Outlives the invocation it is handed over with.
    response_stream(io::event_loop& loop, const stream_limits& limits) noexcept;
    response_stream(const response_stream&) = delete;
    response_stream& operator=(const response_stream&) = delete;

    // The reader's.

    /// Suspends until the response begins to arrive: true. False where the outcome comes without.
    task<bool> started();
    /// Of the response; none is an empty text.
    const std::string& content_type() const noexcept { return content_type_; }
    /// Moves what is there of the response, as much as `into` has room for and the bandwidth
    /// allows. Suspends where there is nothing; 0 at the end. Fails with `errc::cancelled` only.
    task<result<std::size_t>> read(std::span<std::byte> into, stop_token stop = {});
    /// Nobody reads any more; what is being written is thrown away.
    void abandon() noexcept;

    const stream_limits& limits() const noexcept { return limits_; }

    // The writer's.

    /// The response begins. Once.
    void start(std::string_view content_type);
    /// Suspends until the reader has taken the whole piece, which must stay as long.
    /// `errc::body_too_large` where the response is longer than the limit, behind what fits;
    /// `errc::cancelled` where it was stopped or the stream has ended meanwhile.
    task<result<>> write(std::span<const std::byte> piece, stop_token stop);
    /// Of the response, so far.
    std::uint64_t bytes_written() const noexcept { return limits_.bytes_max - bytes_left_; }

    // The invocation's.

    /// No more will come. The writer, if it waits, is let go.
    void end() noexcept;

private:
    io::async_event changed_; // for the reader: started, a piece, the end
    io::async_event taken_;   // for the writer
    io::event_loop& loop_;
    const stream_limits limits_;
    bandwidth_limit bandwidth_;
    std::uint64_t bytes_left_;
    std::string content_type_;
    std::span<const std::byte> piece_; // the writer's; what of it has not been taken
    bool started_ = false;
    bool ended_ = false;
    bool abandoned_ = false;
};

} // namespace spry::emulator
