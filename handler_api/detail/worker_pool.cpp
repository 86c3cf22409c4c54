// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/worker_pool.hpp>

#include <spry/core/assert.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/handler_api/runtime.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/http/limits.hpp>
#include <spry/io/standard_error.hpp>
#include <spry/io/termination.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <new>

#include <sys/mman.h>

namespace spry::detail {

namespace {

constexpr std::size_t page_bytes = 4096;

constexpr std::size_t whole_pages(std::size_t bytes) noexcept {
    return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}

std::span<std::byte> map(std::size_t size) {
    void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc();
    // A kernel without huge pages refuses, and has nothing to be told.
    (void)::madvise(memory, size, MADV_NOHUGEPAGE);
    return {static_cast<std::byte*>(memory), size};
}

// One worker's life. Nothing of a handler's leaves `run`; what does is a lack of memory.
task<> work(runtime* worker, int* code) {
    int own = 1;
    try {
        own = co_await worker->run();
    } catch (const std::exception& error) {
        io::write_error_line({"a worker ends: ", error.what()});
    }
    *code = std::max(*code, own);
}

} // namespace

struct worker_pool::worker {
    worker(io::event_loop& loop, const worker_settings& settings, std::span<std::byte> memory,
           unsigned index)
        : client(loop, settings.where, settings.peer, memory, settings.level,
                 settings.environment.pipeline, worker_place{index, settings.worker_count}),
          loop_of_it(loop, settings.environment, client, settings.handler, settings.level,
                     settings.hooks) {}

    runtime_client client;
    runtime loop_of_it;
};

worker_pool::worker_pool(io::event_loop& loop, const worker_settings& settings, unsigned first,
                         unsigned count) {
    SPRY_ASSERT(first + count <= settings.worker_count);
    if (count == 0)
        return;
    const std::size_t workers_bytes = whole_pages(count * sizeof(worker));
    mapping_ = map(workers_bytes + count * http::client_buffer_bytes);
    workers_ = reinterpret_cast<worker*>(mapping_.data());
    std::span<std::byte> buffers = mapping_.subspan(workers_bytes);
    try {
        for (; count_ < count; ++count_) {
            std::construct_at(workers_ + count_, loop, settings,
                              buffers.first(http::client_buffer_bytes), first + count_);
            buffers = buffers.subspan(http::client_buffer_bytes);
        }
    } catch (...) {
        std::destroy_n(workers_, count_);
        ::munmap(mapping_.data(), mapping_.size());
        throw;
    }
}

worker_pool::~worker_pool() {
    std::destroy_n(workers_, count_);
    if (!mapping_.empty())
        ::munmap(mapping_.data(), mapping_.size());
}

task<int> worker_pool::run(runtime* other) {
    int code = 0;
    task_scope all;
    if (other != nullptr)
        all.spawn(work(other, &code));
    for (unsigned i = 0; i < count_; ++i)
        all.spawn(work(&workers_[i].loop_of_it, &code));
    co_await all.join();
    co_return code;
}

} // namespace spry::detail
