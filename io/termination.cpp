// SPDX-License-Identifier: Apache-2.0
#include <spry/io/termination.hpp>

#include <spry/core/assert.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>

#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>

namespace spry::io::termination {

namespace {

// A worker's place: the descriptor it idles on and 1 more, or one of these.
using place = std::atomic<int>;
constexpr int is_empty = 0;
constexpr int being_cut = -1;
constexpr int has_been_cut = -2;
static_assert(std::atomic<bool>::is_always_lock_free && place::is_always_lock_free &&
              std::atomic<place*>::is_always_lock_free);

// The process-wide state that a signal handler needs; it has no other place to look.
constinit std::atomic<bool> request{false};
constinit place first_place{is_empty};
constinit std::atomic<place*> further_places{nullptr}; // from worker 1 on
constinit std::atomic<unsigned> further_count{0};

place& place_of(unsigned worker) noexcept {
    return worker == 0 ? first_place : further_places.load(std::memory_order_relaxed)[worker - 1];
}

// shutdown(2) is async-signal-safe (signal-safety(7)). Whoever finds the place occupied cuts; there
// is one who does, and the worker cannot leave meanwhile.
void cut(place& at) noexcept {
    int found = at.load();
    if (found <= is_empty || !at.compare_exchange_strong(found, being_cut))
        return;
    ::shutdown(found - 1, SHUT_RD);
    at.store(has_been_cut);
}

// The interrupted code still needs its errno.
void on_sigterm(int) noexcept {
    const int interrupted_errno = errno;
    request.store(true);
    cut(first_place);
    const unsigned count = further_count.load();
    for (unsigned i = 0; i < count; ++i)
        cut(further_places.load()[i]);
    errno = interrupted_errno;
}

} // namespace

void install() noexcept {
    struct sigaction action{};
    action.sa_handler = on_sigterm;
    sigaction(SIGTERM, &action, nullptr);
}

bool requested() noexcept {
    return request.load();
}

bool make_places(unsigned workers) noexcept {
    SPRY_ASSERT(workers >= 1 && workers <= workers_max);
    if (workers - 1 <= further_count.load())
        return true;
    if (further_places.load() == nullptr) {
        void* const memory = ::mmap(nullptr, (workers_max - 1) * sizeof(place),
                                    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            return false;
        further_places.store(static_cast<place*>(memory));
    }
    for (unsigned i = further_count.load(); i < workers - 1; ++i)
        std::construct_at(further_places.load() + i, is_empty);
    further_count.store(workers - 1);
    return true;
}

void idle_on(int socket_fd, unsigned worker) noexcept {
    place& mine = place_of(worker);
    mine.store(socket_fd + 1);
    if (request.load())
        cut(mine);
}

bool leave_idle(unsigned worker) noexcept {
    place& mine = place_of(worker);
    int found = mine.load(std::memory_order_relaxed);
    // Only another thread can be found cutting: on this one the handler would have gone before.
    while (found == being_cut || !mine.compare_exchange_weak(found, is_empty)) {
        if (found != being_cut)
            continue;
        ::sched_yield();
        found = mine.load();
    }
    return found == has_been_cut;
}

} // namespace spry::io::termination
