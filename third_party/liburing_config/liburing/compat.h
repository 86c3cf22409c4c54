// SPDX-License-Identifier: Apache-2.0
// Stands in for the header that liburing's configure would write: every type it needs comes from
// the C library's and the kernel's own headers, on glibc 2.36 and on zig's musl alike.
#pragma once

#include <linux/futex.h>
#include <linux/ioctl.h>
#include <linux/openat2.h>
#include <linux/time_types.h>
#include <stdint.h>
#include <sys/wait.h>

// Kernel headers before 6.12 lack it; the value is the kernel's.
#ifndef BLOCK_URING_CMD_DISCARD
#define BLOCK_URING_CMD_DISCARD _IO(0x12, 0)
#endif
