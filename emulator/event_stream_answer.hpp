// SPDX-License-Identifier: Apache-2.0
// event_stream_answer: an invocation's response on its way to a caller of InvokeWithResponseStream.
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/emulator/event_stream.hpp>
#include <spry/emulator/response_stream.hpp>
#include <spry/emulator/send_patience.hpp>
#include <spry/http/exchange.hpp>
#include <spry/io/event_loop.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace spry::emulator {

/// Bytes of a response in one message at most, and what each answer under way keeps in memory.
inline constexpr std::size_t payload_chunk_bytes_max = 16 * 1024;

/// Sends the response, as it arrives or from a buffer, and then how it has ended. A caller that has
/// gone, or takes nothing for `answer_send_max`, is left: what follows does nothing.
class event_stream_answer {
public:
    event_stream_answer(http::exchange& to, io::event_loop& loop, stop_token give_up);

    /// Starts the answer and passes on what comes, piece by piece, up to the end of the stream;
    /// abandons that where the caller is left.
    task<> pass_on(response_stream* from);
    /// The same with a response that is there. It outlives the task.
    task<> send(std::span<const std::byte> response);
    /// The last message; also starts an answer that has not been started. Once, and before the
    /// object ends.
    task<> complete(std::string_view details);

private:
    void start();
    task<bool> send_chunk(std::size_t payload_bytes);

    http::exchange& to_;
    send_patience patience_;
    payload_chunk chunk_{payload_chunk_bytes_max};
};

} // namespace spry::emulator
