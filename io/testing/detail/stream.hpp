// SPDX-License-Identifier: Apache-2.0
// stream: one end of a connection in memory, with what is on its way to it.
#pragma once

#include <spry/io/operation.hpp>
#include <spry/io/testing/detail/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace spry::io::testing::detail {

/// What trying an operation has come to.
enum class progress : std::uint8_t {
    blocked, ///< nothing
    moved,   ///< some bytes, and it is not over
    done,    ///< it is over, and has its outcome
};

/// An end of a connection, as the kernel keeps it: whoever receives reads what has arrived, whoever
/// sends writes into the other end's queue. A reset, like any error of a socket, is told once, to
/// whichever operation comes first; afterwards a receive finds the end and a send a broken pipe.
class stream {
public:
    stream(stage& on, unsigned number) noexcept : stage_(on), number_(number) {}
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    static void connect(stream& one, stream& other) noexcept;

    unsigned number() const noexcept { return number_; }

    progress receive(operation& op);
    progress receive_all(operation& op);
    progress send(operation& op);
    void end_sending();
    void end_receiving() noexcept { receiving_ended_ = true; }
    /// Its descriptor closes. The other end sees the end of the stream, or a reset: where one is
    /// asked for, or bytes were left unread.
    void close(bool with_reset);

    /// When the first of what is still on its way arrives.
    std::optional<time_point> next_arrival() const noexcept;

private:
    enum class packet_kind : std::uint8_t { data, end, reset };
    struct packet {
        packet_kind kind;
        time_point at;
        std::vector<std::byte> bytes;
        std::size_t taken = 0;
    };

    void put(packet_kind kind, std::vector<std::byte> bytes = {});
    std::size_t arrived_bytes() const noexcept;
    std::size_t take(std::span<std::byte> into);
    bool take_reset() noexcept;
    void lose_what_is_on_its_way();
    void break_connection();
    std::vector<std::byte> gather(const send_parts& parts, std::size_t size);
    void deliver(std::vector<std::byte> bytes);
    progress fail(operation& op, int error) noexcept;

    stage& stage_;
    unsigned number_;
    stream* peer_ = nullptr; // null once it has closed, or the connection is broken
    std::deque<packet> incoming_;
    std::size_t incoming_bytes_ = 0;
    time_point last_arrival_ = time_point::min();
    bool sending_ended_ = false;
    bool receiving_ended_ = false;
    bool broken_ = false;         // its reset has been told
    bool answered_reset_ = false; // the other end is closed, and has said so
};

} // namespace spry::io::testing::detail
