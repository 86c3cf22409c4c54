// SPDX-License-Identifier: Apache-2.0
// An event loop whose network and whose time are made up: the same seed makes the same run, with
// whatever faults it is asked for. For tests, ours and those of who writes functions; never part of
// a function.
#pragma once

#include <spry/io/event_loop.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace spry::io::testing {

/// How often what goes wrong, each in a thousand chances and at most 900: a fault that always
/// happens leaves nothing that could go on. None of them breaks a promise that TCP makes, except
/// the last two.
struct faults {
    /// A receive gets only a part of what is there.
    unsigned short_receives = 0;
    /// A send gets only a part through before it has to wait, and others see that part first.
    unsigned short_sends = 0;
    /// An operation that could go on does not: EAGAIN, several times in a row, or a completion that
    /// is not there at once where it mostly is.
    unsigned again = 0;
    /// Operations are tried, and complete, in another order than they were submitted in; a
    /// cancellation may come too late.
    unsigned reordered = 0;
    /// A transfer ends with the reset of its connection, after any number of its bytes.
    unsigned resets = 0;
    /// A connection is refused.
    unsigned refusals = 0;
    /// An accept finds no descriptor left (EMFILE).
    unsigned accept_failures = 0;
    /// Bytes, connections and ends of streams are on their way for up to `delay_max`.
    unsigned delays = 0;
    std::chrono::microseconds delay_max{5'000};
    /// While nothing else happens, the clock jumps ahead by up to `jump_max`, as over a freeze.
    unsigned clock_jumps = 0;
    std::chrono::milliseconds jump_max{10'000};

    /// A byte is lost, or becomes another one: what no network does, but what a test that never
    /// fails would not notice.
    unsigned lost_bytes = 0;
    unsigned altered_bytes = 0;
};

/// One run.
struct script {
    std::uint64_t seed = 1;
    testing::faults faults = {};
    /// What a direction of a stream holds before its sender has to wait.
    std::size_t stream_bytes_max = 64 * 1024;
    /// What `event_loop::wall_time` reads: a test's own, where it is to jump.
    std::chrono::system_clock::time_point (*wall_clock)() noexcept = std::chrono::system_clock::now;
    /// Instead: where the wall clock begins, to go on with the loop's time.
    std::optional<std::chrono::system_clock::time_point> wall_begins = {};
    /// Waits of one loop before the run is taken to go in circles, and ends by assertion.
    std::uint64_t waits_max = 10'000'000;
    /// Whether `record::trace` is written. The hash always is.
    bool keeps_trace = false;
};

/// What has happened, for whoever asks; outlives the loop that writes it.
struct record {
    /// Over all events in their order, with their time and their bytes: equal for equal runs.
    std::uint64_t trace_hash = 0;
    std::uint64_t events = 0;
    std::uint64_t faults_injected = 0;
    std::uint64_t connections = 0;
    /// One line for each event: "12.000345 stream 3: received 17". Streams are numbered in the
    /// order in which they were made, each end for itself.
    std::string trace;
};

/// A loop over the scripted backend, with a network of its own. Sockets, listeners, timers and what
/// is built on them (http::client, http::server, runtime_client) run on it unchanged:
///
/// - Time stands still until nothing else can go on; then it goes straight to the next arrival or
///   timer. It begins at the same point for each run, and has nothing to do with the wall clock,
///   unless `script::wall_begins` makes one.
/// - Addresses are those of this loop: whoever listens on a port is found by who connects to that
///   port with the same address family, whatever the host; port 0 takes the next free one.
/// - Descriptors are real, unconnected sockets that lend their number, and SO_LINGER: closing one
///   with `{1, 0}` resets its connection. Closing with bytes unread does so too, as in the kernel.
/// - Other real descriptors cannot be operated on (std::errc::not_a_socket): child processes, pipes
///   and signals need a real loop.
/// - While a receive is pending its buffer holds rubbish, and so does what it did not fill: whoever
///   still needs what was there notices.
///
/// A run in which nothing can happen any more although operations are pending, or that goes in
/// circles, ends by assertion and names the seed.
std::unique_ptr<event_loop> make_scripted_loop(const script& how, record* into = nullptr);

} // namespace spry::io::testing
