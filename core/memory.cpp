// SPDX-License-Identifier: Apache-2.0
// Replaces all forms of operator new and delete: a 64 KiB pool in .bss first, mimalloc behind it.
//
// A small function lives in the pool and never starts mimalloc, which costs 40 us or more. The pool
// belongs to the first thread that allocates; that is the one that runs main, unless something
// starts a thread before the first static initialiser has allocated, and then the pool merely
// serves another. Everyone else, and what does not fit, is served by mimalloc. malloc and free are
// not touched: C libraries keep libc's.
//
// What the operators call is never inlined. The standard lets a compiler believe that nothing looks
// into a block between a caller's last store and delete; that belief must not meet the code that
// links the block into a list.
#include <spry/core/memory.hpp>

#include <spry/core/detail/block_pool.hpp>

#include <mimalloc.h>

#include <atomic>
#include <new>

#include <sched.h>

// mimalloc/prim.h, which is not installed beside mimalloc.h: what its constructor would call.
extern "C" void _mi_auto_process_init();

namespace spry {
namespace {

// The pool cannot be an object that someone passes on: operator new has no parameter for it.
constinit detail::block_pool pool;
constinit std::atomic<const char*> owner = nullptr;
constinit std::atomic<std::uint64_t> fallback_count = 0;

enum class start : unsigned char { none, under_way, done };
constinit std::atomic<start> mimalloc_start = start::none;

// Its address names the running thread: one instruction in a static program, and no constructor.
constinit thread_local char thread_mark = 0;

bool owns_pool() noexcept {
    const char* current = owner.load(std::memory_order_relaxed);
    if (current == &thread_mark)
        return true;
    if (current != nullptr)
        return false;
    return owner.compare_exchange_strong(current, &thread_mark, std::memory_order_relaxed);
}

// In place of the constructor that is left out: without it mimalloc takes itself for loading still,
// and maps and unmaps each large block. Threads may come here at once, before main's ever does.
[[gnu::noinline]] void start_mimalloc() noexcept {
    start seen = start::none;
    if (mimalloc_start.compare_exchange_strong(seen, start::under_way, std::memory_order_relaxed)) {
        _mi_auto_process_init();
        mimalloc_start.store(start::done, std::memory_order_release);
        return;
    }
    while (mimalloc_start.load(std::memory_order_acquire) != start::done)
        ::sched_yield();
}

void* allocate_elsewhere(std::size_t size, std::size_t alignment) noexcept {
    const std::uint64_t count = fallback_count.load(std::memory_order_relaxed);
    fallback_count.store(count + 1, std::memory_order_relaxed);
    if (mimalloc_start.load(std::memory_order_acquire) != start::done) [[unlikely]]
        start_mimalloc();
    return alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? mi_malloc(size)
                                                         : mi_malloc_aligned(size, alignment);
}

// In one copy for both that allocate.
[[gnu::noinline]] void* try_allocate(std::size_t size, std::size_t alignment) noexcept {
    if (owns_pool()) {
        if (void* found = pool.allocate(size, alignment))
            return found;
    }
    return allocate_elsewhere(size, alignment);
}

// The loop that the standard asks for: the new-handler makes room, throws, or ends the process.
[[gnu::noinline]] void* allocate(std::size_t size,
                                 std::size_t alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    for (;;) {
        if (void* found = try_allocate(size, alignment))
            return found;
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr)
            throw std::bad_alloc();
        handler();
    }
}

[[gnu::noinline]] void*
allocate_or_null(std::size_t size,
                 std::size_t alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__) noexcept {
    if (void* found = try_allocate(size, alignment))
        return found;
    if (std::get_new_handler() == nullptr)
        return nullptr;
    try {
        return allocate(size, alignment);
    } catch (...) { // what a new-handler throws; the caller asked for null
        return nullptr;
    }
}

[[gnu::noinline]] void release(void* pointer) noexcept {
    if (!pool.contains(pointer)) {
        if (pointer != nullptr)
            mi_free(pointer);
    } else if (owns_pool()) {
        pool.release(pointer);
    } else {
        pool.release_elsewhere(pointer);
    }
}

std::size_t value(std::align_val_t alignment) noexcept {
    return static_cast<std::size_t>(alignment);
}

} // namespace

allocation_counts allocations() noexcept {
    return {pool.allocations(), fallback_count.load(std::memory_order_relaxed),
            pool.bytes_reached()};
}

} // namespace spry

// The eight of the standard, then every delete that may be paired with one of them. Sizes and
// alignments say nothing new to delete: a pool block knows its size, and so does mimalloc.
void* operator new(std::size_t size) {
    return spry::allocate(size);
}
void* operator new[](std::size_t size) {
    return spry::allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return spry::allocate(size, spry::value(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return spry::allocate(size, spry::value(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return spry::allocate_or_null(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return spry::allocate_or_null(size);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return spry::allocate_or_null(size, spry::value(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return spry::allocate_or_null(size, spry::value(alignment));
}

void operator delete(void* pointer) noexcept {
    spry::release(pointer);
}
void operator delete[](void* pointer) noexcept {
    spry::release(pointer);
}
void operator delete(void* pointer, std::size_t) noexcept {
    spry::release(pointer);
}
void operator delete[](void* pointer, std::size_t) noexcept {
    spry::release(pointer);
}
void operator delete(void* pointer, std::align_val_t) noexcept {
    spry::release(pointer);
}
void operator delete[](void* pointer, std::align_val_t) noexcept {
    spry::release(pointer);
}
void operator delete(void* pointer, std::size_t, std::align_val_t) noexcept {
    spry::release(pointer);
}
void operator delete[](void* pointer, std::size_t, std::align_val_t) noexcept {
    spry::release(pointer);
}
void operator delete(void* pointer, const std::nothrow_t&) noexcept {
    spry::release(pointer);
}
void operator delete[](void* pointer, const std::nothrow_t&) noexcept {
    spry::release(pointer);
}
void operator delete(void* pointer, std::align_val_t, const std::nothrow_t&) noexcept {
    spry::release(pointer);
}
void operator delete[](void* pointer, std::align_val_t, const std::nothrow_t&) noexcept {
    spry::release(pointer);
}
