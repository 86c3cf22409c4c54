// SPDX-License-Identifier: Apache-2.0
// network: the listeners and streams of one scripted loop, by descriptor.
#pragma once

#include <spry/io/address.hpp>
#include <spry/io/operation.hpp>
#include <spry/io/testing/detail/stage.hpp>
#include <spry/io/testing/detail/stream.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace spry::io::testing::detail {

/// Does what the kernel would do with an operation, as far as it goes at this moment.
class network {
public:
    explicit network(stage& on) noexcept;
    network(const network&) = delete;
    network& operator=(const network&) = delete;

    progress attempt(operation& op);

    /// Connects and lets the time pass that this takes. 0 or an errno.
    int connect_blocking(int fd, const address& to);
    int listen(int fd, address& at);
    void shutdown(int fd, int how);
    void close(int fd);

    /// Closes what was closed without the loop's knowledge. True where there was something.
    bool close_the_abandoned();

    /// The next moment at which something arrives that is on its way, if anything is.
    std::optional<time_point> next_arrival() const noexcept;

private:
    // Address family and port: who connects finds who listens.
    using place = std::pair<int, std::uint16_t>;
    struct listening {
        place where;
        unsigned number;
        std::deque<std::unique_ptr<stream>> queue; // ends that nobody has accepted
    };

    static place place_of(const address& where) noexcept { return {where.family(), where.port()}; }
    listening* find(place where) noexcept;
    int establish(int fd, place to);
    progress accept(operation& op);
    progress connect(operation& op);
    static progress done(operation& op, std::int64_t outcome) noexcept;

    stage& stage_;
    unsigned made_ = 0;       // listeners and stream ends so far
    std::uint16_t next_port_; // for who asks for any
    std::map<int, std::unique_ptr<stream>> streams_;
    std::map<int, listening> listeners_;
    std::map<int, time_point> dials_; // connections that are being made, until when
};

} // namespace spry::io::testing::detail
