// SPDX-License-Identifier: Apache-2.0
// Memory for coroutine frames: one free list per size class and thread, never given back.
//
// A frame lives from the await of a task to its end and the same few sizes come again with every
// invocation, so a warm invocation takes each frame from a list head and puts it back: two loads
// and a store, no call.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <new>

namespace spry::detail {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool frames_are_pooled = false; // a reused frame would hide a use after free
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
inline constexpr bool frames_are_pooled = false;
#else
inline constexpr bool frames_are_pooled = true;
#endif
#else
inline constexpr bool frames_are_pooled = true;
#endif

/// Frames up to `frame_size_max` bytes are rounded up to a power of two, at least `frame_size_min`,
/// and pooled; larger ones go to operator new and back. Doubling classes are six list heads: with
/// one for each multiple of 64 the thread-local block outgrows what musl has room for in .bss, and
/// every start pays a mapping and two page faults for it.
inline constexpr std::size_t frame_size_min = 64;
inline constexpr std::size_t frame_size_max = 2048;
inline constexpr std::size_t frame_size_classes = 6;
static_assert(frame_size_min << (frame_size_classes - 1) == frame_size_max);

constexpr std::size_t frame_size_class(std::size_t size) noexcept {
    return static_cast<std::size_t>(std::bit_width((size - 1) / frame_size_min));
}

struct free_frame {
    free_frame* next;
};

/// The one thread-local of the project. constinit: no guard, no wrapper, no constructor at
/// start-up. A thread that ends leaves its frames to the process; spry's threads live as long as
/// the process.
inline constinit thread_local std::array<free_frame*, frame_size_classes> free_frames{};

/// Throws std::bad_alloc.
inline void* allocate_frame(std::size_t size) {
    if (!frames_are_pooled || size > frame_size_max)
        return ::operator new(size);
    const std::size_t size_class = frame_size_class(size);
    free_frame*& head = free_frames[size_class];
    if (head == nullptr)
        return ::operator new(frame_size_min << size_class);
    free_frame* frame = head;
    head = frame->next;
    return frame;
}

inline void deallocate_frame(void* memory, std::size_t size) noexcept {
    if (!frames_are_pooled || size > frame_size_max) {
        ::operator delete(memory, size);
        return;
    }
    free_frame*& head = free_frames[frame_size_class(size)];
    head = ::new (memory) free_frame{head};
}

/// Base of a promise type: gives its coroutine frames to the pool.
struct pooled_frame {
    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        deallocate_frame(memory, size);
    }
};

} // namespace spry::detail
