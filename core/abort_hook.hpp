// SPDX-License-Identifier: Apache-2.0
// What stands before an abort, in programs that link spry::traces. Not a handler of SIGABRT: behind
// a signal the stack cannot be walked everywhere, and a program without one saves a system call.
#pragma once

namespace spry {

/// Called by the thread that aborts, with where its call would have returned to. The program aborts
/// when it returns.
using abort_hook = void (*)(const void* from) noexcept;

void set_abort_hook(abort_hook hook) noexcept;
abort_hook current_abort_hook() noexcept;

} // namespace spry
