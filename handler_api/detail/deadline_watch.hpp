// SPDX-License-Identifier: Apache-2.0
// The watch on an invocation's deadline, beside a handler that waits.
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/handler_api/context.hpp>

namespace spry::detail {

/// Awaits `work`, which is a handler or a stream's producer that has suspended, until it ends.
///
/// 1. The invocation's `stop_margin` before its deadline, a stop is requested.
/// 2. Half of that later, and at most 200 ms before the deadline, since Lambda ends the process
///    when it has come: one record of level ERROR says what the work awaits. That is each pending
///    operation whose chain of waiting coroutines leads to the work, with its descriptor, the time
///    since it was submitted, and where the code of each coroutine of the chain begins, the
///    innermost first. What is awaited through a coroutine type that is not ours is not recognised.
/// 3. Whatever happens then, the work is awaited: Lambda ends the invocation, or the work itself
///    does, and its answer is posted once.
///
/// Either clock can say that a time has come: the loop's, since the wall clock may be set back, and
/// the wall clock, since the other may have stood still in a frozen process (runtime-contract 1.4).
/// It is read once a second.
///
/// The invocation has a deadline. All of them outlive the task.
task<> await_beside_deadline(task<>* work, const context* about, stop_source* stop);

} // namespace spry::detail
