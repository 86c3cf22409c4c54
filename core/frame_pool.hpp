// SPDX-License-Identifier: Apache-2.0
// Memory for coroutine frames: one free list per size class and thread, never given back.
//
// A frame lives from the await of a task to its end and the same few sizes come again with every
// invocation, so a warm invocation takes each frame from a list head and puts it back: two loads
// and a store, no call.
#pragma once

#include <array>
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

/// Frames up to `frame_size_max` bytes are rounded up to a multiple of `frame_size_step` and
/// pooled; larger ones go to operator new and back.
inline constexpr std::size_t frame_size_step = 64;
inline constexpr std::size_t frame_size_max = 2048;

struct free_frame {
    free_frame* next;
};

/// The one thread-local of the project. constinit: no guard, no wrapper, no constructor at
/// start-up. A thread that ends leaves its frames to the process; spry's threads live as long as
/// the process.
inline constinit thread_local std::array<free_frame*, frame_size_max / frame_size_step>
    free_frames{};

/// Throws std::bad_alloc.
inline void* allocate_frame(std::size_t size) {
    if (!frames_are_pooled || size > frame_size_max)
        return ::operator new(size);
    const std::size_t size_class = (size - 1) / frame_size_step;
    free_frame*& head = free_frames[size_class];
    if (head == nullptr)
        return ::operator new((size_class + 1) * frame_size_step);
    free_frame* frame = head;
    head = frame->next;
    return frame;
}

inline void deallocate_frame(void* memory, std::size_t size) noexcept {
    if (!frames_are_pooled || size > frame_size_max) {
        ::operator delete(memory, size);
        return;
    }
    free_frame*& head = free_frames[(size - 1) / frame_size_step];
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
