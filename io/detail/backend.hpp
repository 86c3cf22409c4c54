// SPDX-License-Identifier: Apache-2.0
// What runs operations: epoll (and its direct path), io_uring, or a script.
#pragma once

#include <spry/core/intrusive_queue.hpp>
#include <spry/io/address.hpp>
#include <spry/io/operation.hpp>
#include <spry/io/unique_fd.hpp>

#include <chrono>
#include <optional>
#include <string_view>
#include <system_error>

namespace spry::io::detail {

class backend {
public:
    backend() = default;
    backend(const backend&) = delete;
    backend& operator=(const backend&) = delete;
    virtual ~backend() = default;

    /// "direct", "epoll", "uring" or "scripted".
    virtual std::string_view name() const noexcept = 0;

    /// False while `name` may still change.
    virtual bool is_final() const noexcept { return true; }

    /// Why a better backend could not be had, where one was tried.
    virtual std::error_code refusal() const noexcept { return {}; }

    virtual time_point now() noexcept = 0;
    /// The machine's, but where a script has its own.
    virtual std::chrono::system_clock::time_point wall_time() noexcept;

    /// Takes an operation on a descriptor. Either completes it at once (`outcome` is set, `state`
    /// is complete), or keeps it until it appears in `wait`'s `completed`. Never resumes anybody.
    virtual void submit(operation& op) noexcept = 0;

    /// Asks for the end of a pending operation. Its completion still arrives through `wait`, with
    /// -ECANCELED or with its real outcome.
    virtual void cancel(operation& op) noexcept = 0;

    /// Appends what has completed, with `state` still pending. Blocks while there is nothing, until
    /// `until` at the latest (a past time polls; none waits for ever).
    virtual void wait(std::optional<time_point> until,
                      intrusive_queue<operation>& completed) noexcept = 0;

    /// Closes the descriptor, on which nothing is pending: its peer sees that at once, and its
    /// number may come back as another file.
    virtual void close(unique_fd& fd) noexcept = 0;

    /// How many operations `submit` has kept and `wait` has not yet given back.
    virtual std::size_t pending() const noexcept = 0;

    // What sockets and listeners ask of a network besides operations, since it ends at once. These
    // make the kernel's calls; only a script has its own. They are three and no more: making a
    // descriptor, its options and its flags are the kernel's in either case, since a script borrows
    // real descriptors, and `close` says when one ends.

    /// Connects a fresh socket, however long that takes. 0 or an errno.
    virtual int connect_blocking(int fd, const address& to) noexcept;
    /// Binds a fresh socket and listens; `at` becomes the address it got. 0 or an errno.
    virtual int listen(int fd, int backlog, address& at) noexcept;
    /// shutdown(2), with its `how`.
    virtual void shutdown(int fd, int how) noexcept;
};

} // namespace spry::io::detail
