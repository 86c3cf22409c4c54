// SPDX-License-Identifier: Apache-2.0
// runtime_client: the Runtime API's calls, and what each of their outcomes means
// (runtime-contract 1.2-1.8).
#pragma once

#include <spry/core/result.hpp>
#include <spry/core/task.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/error_document.hpp>
#include <spry/handler_api/invocation.hpp>
#include <spry/handler_api/log.hpp>
#include <spry/handler_api/response.hpp>
#include <spry/http/client.hpp>
#include <spry/http/head_builder.hpp>
#include <spry/http/head_form.hpp>
#include <spry/http/message.hpp>
#include <spry/io/address.hpp>
#include <spry/io/event_loop.hpp>

#include <cstddef>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

namespace spry {

namespace detail {
class streamed_post;
}

enum class post_outcome : unsigned char {
    done, ///< go on with `next`; a failure has been logged
    lost, ///< the Runtime API asks for the end of the process; why has been logged
};

/// Which of the process's workers a client belongs to (runtime-contract 3).
struct worker_place {
    unsigned index = 0;
    unsigned count = 1;

    bool is_alone() const noexcept { return count == 1; }
};

/// One worker's connection to the Runtime API. One call at a time:
///
///     next -> event -> post_response or post_error -> next -> ...
///
/// The event and its headers stay where they were received from `next` until `release`: the answer
/// to a post is received behind them.
class runtime_client {
public:
    enum class next_outcome {
        event,   ///< `about` and `event_text` are valid until `release`
        stopped, ///< the process has been told to end
        lost,    ///< there will be no more events; why has been logged
    };
    using post_outcome = spry::post_outcome;

    /// `pipelines`: each response carries the call for the next event behind it, in one write. The
    /// Runtime API does not promise to allow that, so the first sign of trouble (an answer that is
    /// no success, a close, a reset) ends it for good.
    /// `memory` is what heads are written into, with small answers, and behind that what events are
    /// received into as long as they fit. It outlives the client, as does what `where` views.
    /// A client that has the loop for itself connects by blocking the thread; of several, none
    /// keeps the others waiting. `io::termination` has a place for each.
    runtime_client(io::event_loop& loop, const endpoint& where, const io::address& peer,
                   std::span<std::byte> memory, log_level level, bool pipelines = false,
                   worker_place place = {});

    /// Waits for an event, without a limit: the process may be frozen meanwhile. Re-dials once,
    /// silently, where the connection turns out to be dead before a byte of an answer, which is how
    /// one that was cut during a freeze looks.
    task<next_outcome> next();

    worker_place place() const noexcept { return place_; }

    const invocation& about() const noexcept { return about_; }
    std::string_view event_text() const noexcept { return event_.text(); }
    /// The event has been answered: its bytes may be overwritten.
    void release() noexcept { client_.release(); }

    /// The size of the memory that large events needed, or 0.
    std::size_t mapped_bytes() noexcept { return client_.buffer().mapped_bytes(); }

    /// Answers the current event, with a response that is no stream (`detail::streamed_post` posts
    /// those). Never sends an answer twice: when the connection breaks in the
    /// middle, nobody knows whether it has arrived. `may_pipeline`: whoever calls has nothing to do
    /// between the acknowledgement and the next event, and the call for that may go out now.
    task<post_outcome> post_response(const response& answer, bool may_pipeline);
    /// A document that is too large for the Runtime API (413) is posted once more, shortened.
    task<post_outcome> post_error(error_report report, std::pmr::memory_resource& memory);

    /// Waits, without a limit, for the end of a snapshot and the restore of it; at most once in a
    /// process. `event` stands for restored. No connection is open afterwards.
    task<next_outcome> restore_next();

    /// Instead of the first `next`: the function cannot be initialised, or restored. `path` is the
    /// one of `runtime_api` that says which.
    task<> post_start_error(std::string_view path, error_report report,
                            std::pmr::memory_resource& memory);

private:
    friend class detail::streamed_post;

    enum class judgement { event, stopped, lost, again, again_after_pause, failed };

    task<result<>> connect();
    void start_post(std::string_view path_suffix);
    void start_response(std::string_view content_type);
    void write_content_type(std::string_view type);
    task<post_outcome> finish_post(std::span<const std::byte> body, bool pipelines = false);
    task<result<http::arrival>> call_next();
    void write_error_headers(const error_report& report, std::pmr::memory_resource& memory);
    judgement judge_next(const result<http::arrival>& outcome);
    bool sleeps_through_202() const noexcept;
    post_outcome judge_post(int status, std::size_t body_size) const;

    io::event_loop& loop_;
    http::client client_;
    logger log_;
    std::string_view authority_;
    std::string_view base_path_;
    std::string next_request_;
    std::string_view common_headers_; // Host and User-Agent, in `next_request_`
    std::string post_prefix_;         // up to the request id
    http::head_form event_form_;
    http::head_form answer_form_;
    http::message event_{event_form_};
    http::message answer_{answer_form_};
    http::head_builder head_;
    // What `head_` has of the last response, a JSON one, up to its Content-Length; sizes of 0 for
    // any other head.
    struct {
        std::size_t id_size = 0;
        std::size_t size = 0;
    } response_head_;
    invocation_reader event_reader_;
    invocation about_;
    worker_place place_;
    bool pipelines_;
    bool next_is_sent_ = false;      // behind the last response; its answer has not been read
    std::size_t accepted_bytes_ = 0; // of the last answer to a response, while pipelining
};

} // namespace spry
