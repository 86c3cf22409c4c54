// SPDX-License-Identifier: Apache-2.0
#include <spry/http/receive_buffer.hpp>

#include <spry/core/assert.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace spry::http {

namespace {

// From this size on memory comes from the kernel: its pages cost nothing until they are touched,
// and no allocator is started for them.
constexpr std::size_t mapped_from = 32 * 1024;
constexpr std::size_t page_bytes = 4096;

std::span<std::byte> map(std::size_t size) noexcept {
    size = (size + page_bytes - 1) / page_bytes * page_bytes;
    void* memory =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return {};
    return {static_cast<std::byte*>(memory), size};
}

void unmap(std::span<std::byte>& memory) noexcept {
    if (!memory.empty())
        ::munmap(memory.data(), memory.size());
    memory = {};
}

} // namespace

receive_buffer::receive_buffer(std::span<std::byte> memory) noexcept
    : small_(memory), memory_(memory) {
    SPRY_ASSERT(memory.size() >= 4 * padding_bytes);
}

receive_buffer::receive_buffer(std::size_t size) noexcept : own_bytes_(size) {
    SPRY_ASSERT(size >= 4 * padding_bytes);
}

receive_buffer::~receive_buffer() {
    unmap(pinned_);
    unmap(mapping_);
    if (own_bytes_ == 0 || small_.empty())
        return;
    if (own_bytes_ >= mapped_from) {
        unmap(small_);
    } else {
        ::operator delete(small_.data(), small_.size());
    }
}

void receive_buffer::take_small_memory() {
    if (own_bytes_ >= mapped_from) {
        small_ = map(own_bytes_);
        if (small_.empty())
            throw std::bad_alloc();
    } else {
        small_ = {static_cast<std::byte*>(::operator new(own_bytes_)), own_bytes_};
    }
    memory_ = small_;
}

std::span<std::byte> receive_buffer::room() noexcept {
    if (memory_.empty())
        return {};
    return memory_.subspan(end_, limit() - end_);
}

void receive_buffer::received(std::size_t count) noexcept {
    SPRY_ASSERT(count <= room().size());
    end_ += count;
}

void receive_buffer::consume(std::size_t count) noexcept {
    SPRY_ASSERT(count <= size());
    begin_ += count;
}

void receive_buffer::shorten(std::size_t count) noexcept {
    SPRY_ASSERT(count <= size());
    end_ -= count;
}

void receive_buffer::start_message() noexcept {
    if (retained_) {
        floor_ = begin_;
        return;
    }
    unmap(pinned_);
    floor_ = 0;
    // Large messages come in rows. What is received into the small memory first would have to be
    // moved out of it.
    const std::span<std::byte> next = count_message() ? mapping_ : small_;
    if (empty()) {
        memory_ = next;
        begin_ = end_ = 0;
        return;
    }
    // What is left is the beginning of a message that was sent close behind the last one. With half
    // of the memory behind it, what a body is to keep free hardly ever asks for a mapping.
    if (memory_.data() != next.data() && size() <= next.size() / 2) {
        move_to(next);
    } else if (limit() - end_ < memory_.size() / 2) {
        move_to(memory_);
    }
}

// Whether the last message needed the mapping.
bool receive_buffer::count_message() noexcept {
    if (mapping_.empty())
        return false;
    const bool in_mapping = memory_.data() == mapping_.data();
    if (in_mapping && end_ > small_.size() - padding_bytes) {
        small_messages_ = 0;
        return true;
    }
    if (++small_messages_ >= small_messages_before_shrink && !in_mapping) {
        unmap(mapping_);
        small_messages_ = 0;
    }
    return false;
}

void receive_buffer::pin() noexcept {
    floor_ = begin_;
}

void receive_buffer::rewind() noexcept {
    if (empty() && !retained_)
        begin_ = end_ = floor_;
}

// The bytes go to the first place in `memory` that is not pinned; both may be the same memory.
void receive_buffer::move_to(std::span<std::byte> memory) noexcept {
    const std::size_t count = size();
    const std::size_t to = memory.data() == memory_.data() ? floor_ : 0;
    if (count > 0)
        std::memmove(memory.data() + to, data(), count);
    memory_ = memory;
    begin_ = floor_ = to;
    end_ = to + count;
}

result<> receive_buffer::make_room(std::size_t count, std::size_t free_behind) {
    if (memory_.empty())
        take_small_memory();
    const std::size_t needed = std::max(count, size()) + free_behind + padding_bytes;
    if (begin_ + needed <= memory_.size())
        return {};
    if (retained_)
        return failure(std::errc::no_buffer_space);
    if (floor_ + needed <= memory_.size()) {
        move_to(memory_);
        return {};
    }
    if (memory_.data() != mapping_.data() && mapping_.size() >= needed) {
        move_to(mapping_);
        return {};
    }
    const std::span<std::byte> larger = map(needed);
    if (larger.empty())
        return failure(std::errc::not_enough_memory);
    const std::span<std::byte> old = mapping_;
    const bool moves_out_of_old = !old.empty() && memory_.data() == old.data();
    const bool head_in_old = moves_out_of_old && floor_ > 0 && pinned_.empty();
    move_to(larger);
    mapping_ = larger;
    if (head_in_old) {
        pinned_ = old;
    } else if (!old.empty()) {
        std::span<std::byte> unused = old;
        unmap(unused);
    }
    return {};
}

void receive_buffer::retain() noexcept {
    retained_ = true;
    if (empty() && !memory_.empty())
        begin_ = end_ = std::min(end_ + padding_bytes, limit());
}

void receive_buffer::release() noexcept {
    retained_ = false;
}

} // namespace spry::http
