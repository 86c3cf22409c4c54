// SPDX-License-Identifier: Apache-2.0
#include "support/peer_socket.hpp"

#include <chrono>
#include <cstring>

#include <linux/tcp.h> // the C library's tcp_info may lack what is counted here
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace spry::testing {

namespace {

struct name {
    sockaddr_storage address{};
    socklen_t size = sizeof address;

    friend bool operator==(const name& one, const name& other) noexcept {
        return one.size == other.size && std::memcmp(&one.address, &other.address, one.size) == 0;
    }
};

using name_of = int (*)(int fd, sockaddr* into, socklen_t* size);

bool has_name(int fd, name_of which, const name& expected) {
    name found;
    return which(fd, reinterpret_cast<sockaddr*>(&found.address), &found.size) == 0 &&
           found == expected;
}

// Whoever has our names the other way round, or -1.
int find_peer(const name& its_own, const name& ours) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const int end = limit.rlim_cur < 4096 ? static_cast<int>(limit.rlim_cur) : 4096;
    for (int fd = 0; fd < end; ++fd) {
        if (has_name(fd, ::getsockname, its_own) && has_name(fd, ::getpeername, ours))
            return fd;
    }
    return -1;
}

// What lies below its low-water mark, a receive that sleeps does not take.
bool has_received(int peer, std::uint64_t bytes) {
    tcp_info info{};
    socklen_t size = sizeof info;
    int left = 0;
    int low_water = 1;
    socklen_t low_water_size = sizeof low_water;
    return ::getsockopt(peer, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
           (info.tcpi_bytes_received >= bytes && ::ioctl(peer, FIONREAD, &left) == 0 &&
            ::getsockopt(peer, SOL_SOCKET, SO_RCVLOWAT, &low_water, &low_water_size) == 0 &&
            left < low_water);
}

} // namespace

bool wait_until_received(int fd, std::uint64_t bytes_sent, int patience_ms) {
    name ours;
    name its_own;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&ours.address), &ours.size);
    ::getpeername(fd, reinterpret_cast<sockaddr*>(&its_own.address), &its_own.size);
    const int peer = find_peer(its_own, ours);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{patience_ms};
    while (has_name(peer, ::getsockname, its_own) && !has_received(peer, bytes_sent)) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        ::sched_yield();
    }
    return true;
}

} // namespace spry::testing
