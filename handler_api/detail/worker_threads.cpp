// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/worker_threads.hpp>

#include <spry/handler_api/detail/crash_record.hpp>
#include <spry/handler_api/run.hpp>
#include <spry/io/standard_error.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include <pthread.h>
#include <unistd.h>

namespace spry::detail {

namespace {

// musl gives 128 KiB, which a handler that computes may well exceed.
constexpr std::size_t stack_bytes = std::size_t{1024} * 1024 + crash_stack::size;

unsigned usable_cpus() noexcept {
    const long count = ::sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : static_cast<unsigned>(count);
}

struct share {
    const worker_settings& settings;
    io::backend_choice backend;
    unsigned first;
    unsigned count;
    pthread_t thread{};
    int code = 1;

    // The ring belongs to the thread that makes it.
    void run() {
        const result<std::unique_ptr<io::event_loop>> loop =
            io::event_loop::create(backend, count * operations_per_worker);
        if (!loop) {
            io::write_error_line({"a thread cannot have its backend, and its workers are missing: ",
                                  loop.error().message()});
            return;
        }
        worker_pool pool{**loop, settings, first, count};
        code = (*loop)->run(pool.run());
    }
};

void* run_share(void* given) noexcept {
    const crash_stack for_records;
    try {
        static_cast<share*>(given)->run();
    } catch (const std::exception& error) {
        io::write_error_line({"a thread ends, and with it its workers: ", error.what()});
    }
    return nullptr;
}

class started_threads final : public worker_threads {
public:
    started_threads(const worker_settings& settings, io::backend_choice backend, unsigned threads)
        : left_(settings.worker_count) {
        shares_.reserve(threads - 1); // nothing may throw once one of them runs
        pthread_attr_t attributes;
        ::pthread_attr_init(&attributes);
        ::pthread_attr_setstacksize(&attributes, stack_bytes);
        for (unsigned i = threads - 1; i > 0; --i) {
            const unsigned count =
                settings.worker_count / threads + (i < settings.worker_count % threads ? 1 : 0);
            shares_.push_back({settings, backend, left_ - count, count});
            share& next = shares_.back();
            const int error = ::pthread_create(&next.thread, &attributes, run_share, &next);
            if (error != 0) {
                shares_.pop_back();
                io::write_error_line({"no further thread can be had; the others do its work: ",
                                      std::system_category().message(error)});
                break;
            }
            left_ -= count;
        }
        ::pthread_attr_destroy(&attributes);
    }

    unsigned left() const noexcept override { return left_; }

    int join() noexcept override {
        int code = 0;
        for (share& each : shares_) {
            ::pthread_join(each.thread, nullptr);
            code = std::max(code, each.code);
        }
        return code;
    }

private:
    unsigned left_;
    std::vector<share> shares_;
};

} // namespace

worker_threads* start_worker_threads(const worker_settings& settings, io::backend_choice backend,
                                     unsigned threads) {
    if (threads == per_cpu.count())
        threads = usable_cpus();
    threads = std::clamp(threads, 1U, settings.worker_count);
    return new started_threads{settings, backend, threads};
}

} // namespace spry::detail
