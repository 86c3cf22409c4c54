// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/concurrent_work.hpp>

#include <spry/handler_api/detail/worker_threads.hpp>
#include <spry/io/standard_error.hpp>
#include <spry/io/termination.hpp>

#include <algorithm>
#include <memory>
#include <new>

namespace spry::detail {

namespace {

int complain_about_memory() {
    io::write_error_line(
        {"there is no memory for as many workers as AWS_LAMBDA_MAX_CONCURRENCY asks for"});
    return 1;
}

} // namespace

task<int> work_concurrently(const concurrent_work* work, io::event_loop* loop) {
    const worker_settings& settings = work->settings;
    if (!io::termination::make_places(settings.worker_count))
        co_return complain_about_memory();
    std::unique_ptr<worker_threads> threads;
    unsigned left = settings.worker_count;
    if (work->threads.start() != nullptr) {
        threads.reset(work->threads.start()(settings, work->backend, work->threads.count()));
        left = threads->left();
    }
    int code = 0;
    try {
        worker_pool others{*loop, settings, 1, left - 1};
        code = co_await others.run(&work->first);
    } catch (const std::bad_alloc&) {
        code = complain_about_memory();
    }
    if (threads)
        code = std::max(code, threads->join());
    co_return code;
}

} // namespace spry::detail
