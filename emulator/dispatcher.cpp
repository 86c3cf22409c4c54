// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/dispatcher.hpp>

#include <algorithm>
#include <utility>

namespace spry::emulator {

dispatcher::dispatcher(io::event_loop& loop, const function_program& program, log_writer& log,
                       const dispatcher_options& options) noexcept
    : loop_(loop), program_(program), log_(log), options_(options), arrived_(loop) {}

task<result<>> dispatcher::run(stop_token stop, stop_token at_once) {
    auto end = [this] { ended_.request_stop(); };
    const stop_callback<decltype(end)> on_stop{stop, end};
    at_once_ = at_once;
    scope_.spawn(keep(environment::phase::init));
    scope_.spawn(expire_waiting());
    co_await scope_.join();
    stopped_ = true;
    while (invocation* const left = waiting_.pop_front())
        give_up(*left, {});
    if (start_error_)
        co_return failure(start_error_);
    co_return result<>{};
}

task<> dispatcher::keep(environment::phase first) {
    environment current{loop_, program_, waiting_, log_, observer_};
    environments_.push_back(current);
    const environment_end end = co_await current.run(first, ended_.token(), at_once_);
    environments_.remove(current);
    init_failed_ = end.what == environment_end::kind::init_failed;
    if (end.what == environment_end::kind::not_started && std::exchange(first_, false)) {
        start_error_ = end.error;
        start_failure_ = end.message;
        ended_.request_stop();
    }
    first_ = false;
    const bool lacks_means =
        end.outcome_for({}).what == function_outcome::kind::unavailable; // not the program's fault
    if (end.what == environment_end::kind::not_started && options_.waits_for_program &&
        !lacks_means && !ended_.stop_requested()) {
        program_broken_ = true;
        log_.write(end.message + "; it is started again when it has changed\n");
        co_return;
    }
    if (replacing_ && environments_.empty() && !ended_.stop_requested()) {
        replacing_ = false;
        init_failed_ = false;
        scope_.spawn(keep(environment::phase::init));
    }
    if (end.what == environment_end::kind::not_started ||
        (init_failed_ && program_.managed_concurrency != 0))
        fail_waiting(end);
    start_missing();
}

// They have waited for this process; where others serve the function, only the first of
// them has.
void dispatcher::fail_waiting(const environment_end& end) {
    while (invocation* const next = waiting_.pop_front()) {
        give_up(*next, end.outcome_for(next->request_id));
        if (!environments_.empty())
            return;
    }
}

void dispatcher::give_up(invocation& what, function_outcome outcome) {
    if (observer_ != nullptr)
        observer_->given_up(program_, what, outcome);
    what.finish(std::move(outcome));
}

void dispatcher::replace_processes() {
    if (stopped_ || ended_.stop_requested())
        return;
    program_broken_ = false;
    if (environments_.empty()) {
        init_failed_ = false;
        scope_.spawn(keep(environment::phase::init));
        return;
    }
    replacing_ = true;
    for (environment* each = environments_.front(); each != nullptr;
         each = environments_.next(*each))
        each->retire();
}

void dispatcher::start_missing() {
    if (program_broken_)
        return;
    std::size_t free = 0;
    for (environment* each = environments_.front(); each != nullptr;
         each = environments_.next(*each))
        free += each->free_slots();
    while (!ended_.stop_requested() && waiting_.size() > free &&
           environments_.size() < options_.environments_max) {
        const std::size_t before = waiting_.size();
        replacing_ = false; // this is the process that was to start
        scope_.spawn(keep(init_failed_ ? environment::phase::invoke : environment::phase::init));
        if (waiting_.size() == before)
            free += std::max<std::size_t>(program_.managed_concurrency, 1);
    }
}

dispatcher::admission dispatcher::submit(invocation& what, bool even_if_full) {
    if (stopped_)
        return admission::stopped;
    const std::size_t at_work =
        options_.environments_max * std::max<std::size_t>(program_.managed_concurrency, 1);
    if (!even_if_full && in_hand_ >= at_work + options_.queued_invocations_max)
        return admission::too_many;
    ++in_hand_;
    what.waits_since = loop_.now();
    waiting_.push_back(what);
    for (environment* each = environments_.front(); each != nullptr && !waiting_.empty();
         each = environments_.next(*each))
        each->offer();
    if (!waiting_.empty()) {
        start_missing();
        arrived_.set();
    }
    return admission::accepted;
}

// The first in the queue has waited longest.
task<> dispatcher::expire_waiting() {
    while (!ended_.stop_requested()) {
        if (waiting_.empty()) {
            arrived_.reset();
            const result<> arrived = co_await arrived_.wait(ended_.token());
            if (!arrived)
                co_return;
            continue;
        }
        const io::time_point limit = waiting_.front()->waits_since + options_.queue_wait_max;
        const result<> slept = co_await loop_.sleep_until(limit, ended_.token());
        if (!slept)
            co_return;
        while (!waiting_.empty() &&
               waiting_.front()->waits_since + options_.queue_wait_max <= loop_.now()) {
            function_outcome outcome;
            outcome.what = function_outcome::kind::expired;
            give_up(*waiting_.pop_front(), std::move(outcome));
        }
    }
}

io::time_point dispatcher::waiting_since() noexcept {
    return waiting_.empty() ? loop_.now() : waiting_.front()->waits_since;
}

std::vector<environment_facts> dispatcher::environments() {
    std::vector<environment_facts> all;
    for (environment* each = environments_.front(); each != nullptr;
         each = environments_.next(*each))
        all.push_back(each->facts());
    return all;
}

void dispatcher::list_processes(std::vector<int>& into) {
    for (environment* each = environments_.front(); each != nullptr;
         each = environments_.next(*each))
        each->list_processes(into);
}

} // namespace spry::emulator
