// SPDX-License-Identifier: Apache-2.0
// receive_buffer: the memory one connection receives into and its messages are read from, in place.
#pragma once

#include <spry/core/result.hpp>
#include <spry/http/limits.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace spry::http {

/// Bytes that were received and not yet consumed, contiguous, with room behind them.
///
///     | consumed | message: head, body | received behind it | room | padding |
///                ^ begin                                    ^ end
///
/// 1. Small memory first: the caller's (a function's 64 KiB in .bss, of which only the pages that
/// are used get touched), or
///    `size` bytes of its own, made with the first receive.
/// 2. A message that needs more gets a mapping of the size it needs. The mapping serves later
/// messages too: the next one
///    at once, and so on up to the first that does not need it. It is given back after
///    `small_messages_before_shrink` of those.
/// 3. While a message is retained nothing moves, and new bytes go behind it and its padding.
/// 4. Nothing is ever received into the last `padding_bytes` of either memory.
///
/// A head that is complete stays where it is: a body that outgrows the memory moves alone, and the
/// old memory is kept as long as the message.
class receive_buffer {
public:
    /// Uses the caller's memory, which outlives the buffer.
    explicit receive_buffer(std::span<std::byte> memory) noexcept;
    /// Takes `size` bytes when they are first needed.
    explicit receive_buffer(std::size_t size) noexcept;
    receive_buffer(const receive_buffer&) = delete;
    receive_buffer& operator=(const receive_buffer&) = delete;
    ~receive_buffer();

    /// What was received and not consumed.
    std::byte* data() noexcept { return memory_.data() + begin_; }
    std::size_t size() const noexcept { return end_ - begin_; }
    bool empty() const noexcept { return begin_ == end_; }

    /// Where to receive next; may be empty.
    std::span<std::byte> room() noexcept;
    /// `count` bytes have been received into `room()`.
    void received(std::size_t count) noexcept;
    /// The first `count` bytes are of no more interest.
    void consume(std::size_t count) noexcept;
    /// Takes the last `count` bytes away again: chunk lines that were closed up.
    void shorten(std::size_t count) noexcept;

    /// A new message begins: what was pinned is free. Goes back to the front of the small memory,
    /// or of the mapping that the last message needed, where nothing is left, or moves what is left
    /// to the front where little room is behind it; gives back a mapping that has long been unused.
    /// While a message is retained nothing of this happens.
    void start_message() noexcept;

    /// What has been consumed since `start_message` is a head that stays valid, and where it is, up
    /// to the next one.
    void pin() noexcept;

    /// Goes back to where `pin` was called, where nothing is left: for a body that is consumed
    /// piece by piece.
    void rewind() noexcept;

    /// Makes room for `count` bytes from `data()` on, those that are there included, and
    /// `free_behind` more, by moving what is there towards the front, or into a larger mapping.
    /// Fails with std::errc::no_buffer_space while a message is retained, with
    /// std::errc::not_enough_memory where the kernel refuses.
    result<> make_room(std::size_t count, std::size_t free_behind = 0);

    /// What has been consumed is borrowed from: no byte of it is written or moved until `release`,
    /// and neither are the `padding_bytes` behind it, unless they have been received already.
    void retain() noexcept;
    void release() noexcept;
    bool is_retained() const noexcept { return retained_; }

    /// Forgets what was received, for a new connection; what is retained stays.
    void discard() noexcept { begin_ = end_; }

    /// The size of the mapping for large messages, or 0. Who keeps memory in step with it watches
    /// this.
    std::size_t mapped_bytes() const noexcept { return mapping_.size(); }

private:
    std::size_t limit() const noexcept { return memory_.size() - padding_bytes; }
    void take_small_memory();
    void move_to(std::span<std::byte> memory) noexcept;
    bool count_message() noexcept;

    std::span<std::byte> small_;   // the caller's, or our own once it was needed
    std::size_t own_bytes_ = 0;    // of `small_` where it is our own
    std::span<std::byte> mapping_; // for large messages, or empty
    std::span<std::byte> pinned_;  // an older mapping in which a pinned head lies, or empty
    std::span<std::byte> memory_;  // `small_` or `mapping_`: where the bytes are
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t floor_ = 0;       // bytes of `memory_` before this one are pinned
    unsigned small_messages_ = 0; // since one used the mapping
    bool retained_ = false;
};

} // namespace spry::http
