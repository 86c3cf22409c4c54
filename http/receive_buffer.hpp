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
/// messages too, and is given
///    back after `small_messages_before_shrink` messages that did not need it.
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

    /// A new message begins: goes back to the front of the small memory where nothing is left, or
    /// moves what is left to the front where little room is behind it. Gives back a mapping that
    /// has long been unused. Not while retained: then it leaves the retained message's padding
    /// free.
    void start_message() noexcept;

    /// Makes room for `count` bytes behind `data()` in all, plus `free_behind`, by moving
    /// everything from `data()` on to the front, or to a larger mapping. `pinned`: bytes in front
    /// of `data()` are a head that must stay valid until the next `start_message`, so the memory
    /// they lie in is neither overwritten nor freed. Fails with std::errc::no_buffer_space while a
    /// message is retained, with std::errc::not_enough_memory where the kernel refuses.
    result<> make_room(std::size_t count, std::size_t free_behind, bool pinned);

    /// The consumed message that ends at `data()` is borrowed from: no byte of it is written or
    /// moved until `release`.
    void retain() noexcept;
    void release() noexcept { retained_ = false; }
    bool is_retained() const noexcept { return retained_; }

    /// Forgets what was received, for a new connection; what is retained stays.
    void discard() noexcept { begin_ = end_; }

    /// The size of the mapping for large messages, or 0. Who keeps memory in step with it watches
    /// this.
    std::size_t mapped_bytes() const noexcept { return mapping_.size(); }

private:
    result<> take_initial_memory() noexcept;
    result<std::span<std::byte>> map(std::size_t size) noexcept;
    static void unmap(std::span<std::byte>& mapping) noexcept;

    std::span<std::byte> small_;   // the caller's or `owned_`
    std::span<std::byte> mapping_; // for large messages, or empty
    std::span<std::byte> pinned_;  // an older, smaller mapping in which a head lies, or empty
    std::span<std::byte> memory_;  // `small_` or `mapping_`: where the bytes are
    std::unique_ptr<std::byte[]> owned_;
    std::size_t owned_size_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    unsigned small_messages_ = 0; // in a row
    bool retained_ = false;
    bool behind_retained_ = false; // end_ already lies behind the retained message's padding
};

} // namespace spry::http
