// SPDX-License-Identifier: Apache-2.0
// crash_record: the last words of a process that cannot go on.
#pragma once

#include <string_view>

namespace spry::detail {

/// From here on SIGSEGV, SIGFPE, SIGILL, SIGABRT and std::terminate write one line to
/// standard error and end the process with 128 and the signal's number: what happened and where,
/// the invocation in hand, the stack as addresses of the program's file, and its build id
/// (`./dev symbolize` turns them into lines). Nothing is posted, and what was being posted stays
/// cut off. Signals that somebody handles already are left to him, as to a sanitizer. A stack that
/// has overflowed is reported from one of its own, on the thread that calls this.
///
/// The process exits by itself, since a signal that is raised again does not end PID 1.
void install_crash_records() noexcept;

/// The invocation in hand, for the record; empty for none. The text stays where it is until the
/// next call.
void set_crash_request(std::string_view id) noexcept;

} // namespace spry::detail
