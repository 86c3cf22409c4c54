// SPDX-License-Identifier: Apache-2.0
// What one file of a program has of the logging header, compiled for a level of its own.
#pragma once

namespace drop_in {

/// Each logs an error, an info and a debug line. What was chosen by AWS_LAMBDA_LOG.
void log_all_by_default();
void log_all_at_1();
void log_all_at_2();

} // namespace drop_in
