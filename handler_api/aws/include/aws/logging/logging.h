// SPDX-License-Identifier: Apache-2.0
// Lines on standard output, as printf has them (runtime-contract 8.4).
#pragma once

#include <cstdarg>

/// Which of the functions below do anything where this header is included: log_error always,
/// log_info from 1, log_debug from 2.
#ifndef AWS_LAMBDA_LOG
#define AWS_LAMBDA_LOG 0
#endif

namespace aws {
namespace logging {

enum class verbosity {
    error,
    info,
    debug,
};

/// "[ERROR] [milliseconds since the epoch] tag text", in one write, flushed. A text of any length;
/// null is an empty one, as is a tag.
void log(verbosity v, const char* tag, const char* msg, va_list args);

// Static: files of one program may have been compiled for different levels.

__attribute__((format(printf, 2, 3))) static inline void log_error(const char* tag, const char* msg,
                                                                   ...) {
    va_list args;
    va_start(args, msg);
    log(verbosity::error, tag, msg, args);
    va_end(args);
}

__attribute__((format(printf, 2, 3))) static inline void log_info(const char* tag, const char* msg,
                                                                  ...) {
#if AWS_LAMBDA_LOG >= 1
    va_list args;
    va_start(args, msg);
    log(verbosity::info, tag, msg, args);
    va_end(args);
#else
    (void)tag;
    (void)msg;
#endif
}

__attribute__((format(printf, 2, 3))) static inline void log_debug(const char* tag, const char* msg,
                                                                   ...) {
#if AWS_LAMBDA_LOG >= 2
    va_list args;
    va_start(args, msg);
    log(verbosity::debug, tag, msg, args);
    va_end(args);
#else
    (void)tag;
    (void)msg;
#endif
}

} // namespace logging
} // namespace aws
