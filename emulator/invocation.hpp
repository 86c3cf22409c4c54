// SPDX-License-Identifier: Apache-2.0
// invocation: one event on its way through the emulator, and what came of it.
#pragma once

#include <spry/core/intrusive_queue.hpp>
#include <spry/core/task.hpp>
#include <spry/emulator/response_stream.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/event_loop.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace spry::emulator {

/// What an invocation ends with.
struct function_outcome {
    enum class kind : std::uint8_t {
        response,    ///< `body` is what the function answered
        error,       ///< `body` is an error document: the function's own, or one about it
        unavailable, ///< there are no means to start a process; `message` says which
        expired,     ///< it has waited for an environment for too long
        stopped,     ///< the emulator ended before the function had answered
    };
    /// Of an error, for those who tell it in other words.
    enum class cause : std::uint8_t {
        reported,      ///< the function has posted it
        init_reported, ///< the same while it initialised
        too_large,     ///< its response was
        truncated,     ///< its response, a streamed one, has broken off
        bad_mode,      ///< its response's mode was unknown
        timed_out,
        exited,      ///< its process has ended
        init_exited, ///< the same while it initialised
        not_started, ///< there was no process: nothing that can be executed
    };
    kind what = kind::stopped;
    cause why = cause::reported;
    std::string body;
    /// An error's type where it is known without the document: one about the function, or one that
    /// the function has reported behind the first bytes of its response.
    std::string type;
    std::string message; ///< the errorMessage of a document about the function

    /// An error that the function has not reported itself, with its document.
    static function_outcome failed(cause why, std::string_view type, std::string message);
};

/// Made and owned by whoever wants the answer, who keeps it until `finished` has returned. An
/// environment fills in the outcome, and holds the invocation while it sends from it.
class invocation : public queue_link {
public:
    explicit invocation(io::event_loop& loop) noexcept : done_(loop) {}

    // What the caller asks for; set before it is submitted.
    std::string request_id;
    std::string function_arn;
    std::string trace_id;
    std::string client_context; ///< JSON, one line; empty: none
    std::string tenant_id;      ///< empty: none
    std::string content_type;
    std::span<const std::byte> event;  ///< valid until `finished` has returned
    response_stream* stream = nullptr; ///< takes a response that is streamed; null: its body does
    bool has_callers_id = false;       ///< the request id is of the caller's making
    bool wants_log_tail = false;
    bool waits_for_end = false; ///< the outcome waits for the invocation's last log line

    io::time_point waits_since{}; ///< the dispatcher's

    // What came of it; valid once `finished` has returned.
    function_outcome outcome;
    std::string log_tail;
    bool exited_behind_answer = false; ///< known only to one that waits for the end

    /// Suspends until there is an outcome and nobody holds the invocation any more.
    task<> finished();

    /// The environment's word that the outcome is there. It does not touch the invocation any more,
    /// but for what it holds.
    void finish(function_outcome with);

    /// Keeps the invocation, and its event, while it lives.
    class hold {
    public:
        explicit hold(invocation& of) noexcept : of_(of) { ++of_.holders_; }
        hold(const hold&) = delete;
        hold& operator=(const hold&) = delete;
        ~hold() {
            --of_.holders_;
            of_.announce();
        }

    private:
        invocation& of_;
    };

private:
    void announce() noexcept {
        if (has_outcome_ && holders_ == 0)
            done_.set();
    }

    io::async_event done_;
    int holders_ = 0;
    bool has_outcome_ = false;
};

/// Invocations that wait for an environment, in the order of their arrival.
using invocation_queue = intrusive_queue<invocation>;

} // namespace spry::emulator
