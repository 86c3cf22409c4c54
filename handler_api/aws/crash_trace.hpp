// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace aws::lambda_runtime {

/// From here on a signal that ends the process, and so an exception that nobody catches, leaves a
/// stack trace on standard error first (runtime-contract 8.5, 5). Signals that the user handles are
/// left alone.
void trace_crashes() noexcept;

} // namespace aws::lambda_runtime
