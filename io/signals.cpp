// SPDX-License-Identifier: Apache-2.0
#include <spry/io/signals.hpp>

#include <spry/io/detail/errno_result.hpp>
#include <spry/io/operation.hpp>

#include <csignal>
#include <span>

#include <sys/signalfd.h>

namespace spry::io {

result<signal_reader> signal_reader::create(event_loop& loop,
                                            std::initializer_list<int> signals) noexcept {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals)
        sigaddset(&set, signal);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0)
        return detail::errno_failure();
    unique_fd fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!fd)
        return detail::errno_failure();
    return signal_reader{loop, std::move(fd)};
}

signal_reader::~signal_reader() {
    loop_->close(fd_);
}

task<result<int>> signal_reader::next(stop_token stop) {
    signalfd_siginfo info{};
    io_awaiter<std::size_t> read{*loop_, opcode::read, stop};
    read.record().fd = fd_.get();
    read.record().buffer = std::as_writable_bytes(std::span{&info, 1});
    const result<std::size_t> bytes = co_await std::move(read);
    if (!bytes)
        co_return failure(bytes.error());
    SPRY_ASSERT(*bytes == sizeof info);
    co_return static_cast<int>(info.ssi_signo);
}

} // namespace spry::io
