// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/runtime.hpp>

#include <spry/handler_api/context.hpp>
#include <spry/handler_api/detail/deadline_watch.hpp>
#include <spry/handler_api/detail/standard_output.hpp>
#include <spry/handler_api/error_document.hpp>
#include <spry/handler_api/event.hpp>
#include <spry/handler_api/stream.hpp>

#include <optional>
#include <utility>

namespace spry {

task<int> runtime::run() {
    while (true) {
        detail::flush_standard_output();
        const runtime_client::next_outcome next = co_await client_.next();
        if (next == runtime_client::next_outcome::stopped)
            co_return 0;
        if (next == runtime_client::next_outcome::lost)
            co_return 1;
        log_backend();

        in_hand_.set(client_.about().request_id);
        if (trace_ != nullptr)
            trace_->set(client_.about().trace_id);
        const runtime_client::post_outcome posted = co_await answer_event();
        end_invocation();
        if (posted == runtime_client::post_outcome::lost)
            co_return 1;
    }
}

task<runtime_client::post_outcome> runtime::answer_event() {
    context about{client_.about(), environment_,      loop_, arena_, level_,
                  stop_.token(),   hooks_.stop_margin};
    if (hooks_.start != nullptr)
        hooks_.start(about);
    outcome done;
    task<> work = run_handler(&about, &done);
    work.start();
    // A handler that has not suspended is over, and most are: only the others need a watch on their
    // deadline.
    if (!work.done() && about.deadline())
        co_await detail::await_beside_deadline(&work, &about, &stop_);
    else
        co_await std::move(work);

    invocation_outcome ended;
    post_outcome posted{};
    if (!done.thrown) {
        ended.answer = &done.answer;
        posted = co_await post_answer(done.answer, about);
    } else {
        const error_report report = describe_exception(done.thrown, arena_);
        about.log().error("the handler failed", {{"errorType", report.type},
                                                 {"errorMessage", report.message},
                                                 {"stackTrace", report.stack}});
        ended.error_type = report.type;
        ended.error_message = report.message;
        posted = co_await client_.post_error(report, arena_);
    }
    if (hooks_.end != nullptr)
        hooks_.end(about, ended);
    co_return posted;
}

task<post_outcome> runtime::post_answer(const response& answer, context& about) {
    if (detail::response_stream* const stream = answer.stream())
        return stream->post(client_, about, stop_);
    // The end hook is promised to come before the next event is asked for.
    return client_.post_response(answer, hooks_.end == nullptr);
}

task<> runtime::run_handler(context* about, outcome* into) {
    try {
        const event given{client_.event_text(), client_.about().content_type, reader_, arena_};
        task<response> work = handler_(given, *about);
        into->answer = co_await std::move(work);
    } catch (...) {
        into->thrown = std::current_exception();
    }
}

void runtime::log_backend() noexcept {
    if (backend_is_logged_ || !loop_.backend_is_final())
        return;
    // Of several workers the first speaks for all.
    if (client_.place().index != 0)
        return;
    backend_is_logged_ = true;
    const logger log{level_};
    const std::error_code refusal = loop_.backend_refusal();
    if (!refusal) {
        log.debug("operations run on a backend", {{"backend", loop_.backend_name()}});
    } else if (log.is_on(log_level::debug)) {
        log.debug("operations run on a backend, since io_uring is refused",
                  {{"backend", loop_.backend_name()},
                   {"errno", refusal.value()},
                   {"reason", refusal.message()}});
    }
}

void runtime::end_invocation() noexcept {
    in_hand_.set({});
    client_.release();
    arena_.reset();
    stop_.reset();
    // The parser's buffer has grown with the largest event; it shrinks when the receive buffer has.
    const std::size_t mapped = client_.mapped_bytes();
    if (mapped < std::exchange(mapped_bytes_, mapped))
        reader_.shrink();
}

} // namespace spry
