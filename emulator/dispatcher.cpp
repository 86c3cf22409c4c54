// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/dispatcher.hpp>

namespace spry::emulator {

dispatcher::dispatcher(io::event_loop& loop, const function_program& program,
                       std::size_t queued_invocations_max, int log_fd) noexcept
    : loop_(loop),
      program_(program),
      queued_invocations_max_(queued_invocations_max),
      log_fd_(log_fd),
      arrived_(loop) {}

task<result<>> dispatcher::run(stop_token stop, stop_token at_once) {
    result<> outcome = co_await run_environment(stop, at_once);
    while (outcome && !stop.stop_requested()) {
        if (waiting_.empty()) {
            arrived_.reset();
            const result<> arrived = co_await arrived_.wait(stop);
            if (!arrived)
                break;
        }
        // Whatever goes wrong has been told to those who waited, and the next one may go well.
        (void)co_await run_environment(stop, at_once);
    }
    stopped_ = true;
    while (invocation* const left = waiting_.pop_front())
        left->finish({});
    co_return outcome;
}

task<result<>> dispatcher::run_environment(stop_token stop, stop_token at_once) {
    environment current{loop_, program_, waiting_, log_fd_};
    environment_ = &current;
    const result<> outcome = co_await current.run(stop, at_once);
    environment_ = nullptr;
    co_return outcome;
}

dispatcher::admission dispatcher::submit(invocation& what) {
    if (stopped_)
        return admission::stopped;
    if (waiting_.size() >= queued_invocations_max_)
        return admission::too_many;
    waiting_.push_back(what);
    if (environment_ != nullptr)
        environment_->offer();
    arrived_.set();
    return admission::accepted;
}

} // namespace spry::emulator
