// SPDX-License-Identifier: Apache-2.0
// Stands before mimalloc's header of the same name: its statistics, but of counters without a number
// in them, which have no size. With, they are 4 KB, and each binary holds three times of them as
// initialised data, whether anybody counts or not.
#pragma once

#include <mimalloc.h>

#include <stdint.h>

// "int64_t total;" declares nothing.
#define int64_t struct mi_no_number
#define total
#define peak
#define current
#include_next <mimalloc-stats.h>
#undef int64_t
#undef total
#undef peak
#undef current
