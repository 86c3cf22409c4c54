// SPDX-License-Identifier: Apache-2.0
#include <spry/io/testing/detail/network.hpp>

#include <algorithm>
#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace spry::io::testing::detail {

namespace {

constexpr std::uint16_t first_free_port = 40'000;

// A descriptor to lend its number, with the options that an accepted one has.
int borrow_descriptor(int family) noexcept {
    const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    const int on = 1;
    [[maybe_unused]] const int set = ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

bool resets_on_close(int fd) noexcept {
    linger option{};
    socklen_t size = sizeof option;
    return ::getsockopt(fd, SOL_SOCKET, SO_LINGER, &option, &size) == 0 && option.l_onoff != 0 &&
           option.l_linger == 0;
}

} // namespace

network::network(stage& on) noexcept : stage_(on), next_port_(first_free_port) {}

progress network::done(operation& op, std::int64_t outcome) noexcept {
    op.outcome = outcome;
    return progress::done;
}

progress network::attempt(operation& op) {
    if (op.code == opcode::accept)
        return accept(op);
    if (op.code == opcode::connect)
        return connect(op);
    const auto found = streams_.find(op.fd);
    if (found == streams_.end())
        return done(op, listeners_.contains(op.fd) ? -ENOTCONN : -ENOTSOCK);
    switch (op.code) {
    case opcode::recv:
        return found->second->receive(op);
    case opcode::recv_all:
        return found->second->receive_all(op);
    case opcode::send:
        return found->second->send(op);
    default:
        return done(op, -ENOTSOCK); // read, write and readable are for what is no socket
    }
}

network::listening* network::find(place where) noexcept {
    const auto found = std::ranges::find_if(
        listeners_, [&](const auto& each) { return each.second.where == where; });
    return found == listeners_.end() ? nullptr : &found->second;
}

// Both ends, of which the listener's waits to be accepted.
int network::establish(int fd, place to) {
    listening* const at = find(to);
    if (at == nullptr) {
        stage_.note("refused", to.second);
        return ECONNREFUSED;
    }
    close(fd); // the number of one that was closed without our knowledge
    auto near = std::make_unique<stream>(stage_, ++made_);
    auto far = std::make_unique<stream>(stage_, ++made_);
    stream::connect(*near, *far);
    ++stage_.log().connections;
    stage_.note("connects", near->number(), far->number());
    at->queue.push_back(std::move(far));
    streams_.emplace(fd, std::move(near));
    return 0;
}

progress network::connect(operation& op) {
    const address to = address::from_kernel(op.address, op.address_size);
    const auto [dial, is_new] = dials_.try_emplace(op.fd, stage_.now());
    if (is_new) {
        dial->second = stage_.arrival();
        if (stage_.strikes(stage_.how().faults.refusals)) {
            dials_.erase(dial);
            stage_.note("refused by chance", to.port());
            return done(op, -ECONNREFUSED);
        }
    }
    if (dial->second > stage_.now())
        return progress::blocked;
    dials_.erase(dial);
    return done(op, -establish(op.fd, place_of(to)));
}

int network::connect_blocking(int fd, const address& to) {
    stage_.advance_to(stage_.arrival());
    if (stage_.strikes(stage_.how().faults.refusals)) {
        stage_.note("refused by chance", to.port());
        return ECONNREFUSED;
    }
    return establish(fd, place_of(to));
}

progress network::accept(operation& op) {
    const auto found = listeners_.find(op.fd);
    if (found == listeners_.end())
        return done(op, streams_.contains(op.fd) ? -EINVAL : -ENOTSOCK);
    std::deque<std::unique_ptr<stream>>& queue = found->second.queue;
    if (queue.empty())
        return progress::blocked;
    if (stage_.strikes(stage_.how().faults.accept_failures)) {
        stage_.note("cannot accept", found->second.number);
        return done(op, -EMFILE);
    }
    const int fd = borrow_descriptor(found->second.where.first);
    if (fd < 0)
        return done(op, fd);
    close(fd);
    stage_.note("accepts", queue.front()->number());
    streams_.emplace(fd, std::move(queue.front()));
    queue.pop_front();
    return done(op, fd);
}

int network::listen(int fd, address& at) {
    place where = place_of(at);
    if (where.second == 0) {
        while (find({where.first, next_port_}) != nullptr)
            ++next_port_;
        where.second = next_port_++;
        at = where.first == AF_INET6 ? address::loopback_v6(where.second)
                                     : address::loopback_v4(where.second);
    }
    if (find(where) != nullptr)
        return EADDRINUSE;
    close(fd);
    listeners_.emplace(fd, listening{where, ++made_, {}});
    stage_.note("listens", made_, where.second);
    return 0;
}

void network::shutdown(int fd, int how) {
    const auto found = streams_.find(fd);
    if (found == streams_.end())
        return;
    if (how != SHUT_WR)
        found->second->end_receiving();
    if (how != SHUT_RD)
        found->second->end_sending();
}

void network::close(int fd) {
    dials_.erase(fd);
    if (const auto found = streams_.find(fd); found != streams_.end()) {
        found->second->close(resets_on_close(fd));
        streams_.erase(found);
    }
    if (const auto found = listeners_.find(fd); found != listeners_.end()) {
        stage_.note("listens no more", found->second.number);
        for (const std::unique_ptr<stream>& waiting : found->second.queue)
            waiting->close(true);
        listeners_.erase(found);
    }
}

bool network::close_the_abandoned() {
    std::vector<int> gone;
    const auto look_at = [&](int fd) {
        if (::fcntl(fd, F_GETFD) < 0)
            gone.push_back(fd);
    };
    for (const auto& [fd, end] : streams_)
        look_at(fd);
    for (const auto& [fd, at] : listeners_)
        look_at(fd);
    for (const int fd : gone)
        close(fd);
    return !gone.empty();
}

std::optional<time_point> network::next_arrival() const noexcept {
    std::optional<time_point> next;
    const auto consider = [&](time_point at) {
        if (at > stage_.now() && (!next || at < *next))
            next = at;
    };
    for (const auto& [fd, end] : streams_)
        if (const std::optional<time_point> at = end->next_arrival())
            consider(*at);
    for (const auto& [fd, until] : dials_)
        consider(until);
    return next;
}

} // namespace spry::io::testing::detail
