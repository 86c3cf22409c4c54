// SPDX-License-Identifier: Apache-2.0
// mimalloc in one piece, as its own src/static.c makes it, but for functions: options are constants,
// so that what they rule out is not compiled; it counts nothing and prints nothing, which nobody
// could have asked for without options. In place of src/options.c and src/stats.c, 33 KB of a
// program of 400.
#define _DEFAULT_SOURCE

#include "mimalloc.h"

#if MI_MALLOC_VERSION != 20302
#error "mimalloc_config knows the parts of mimalloc 2.3.2: compare src/static.c, options.c, stats.c"
#endif

#include "mimalloc/internal.h"
#include "mimalloc/prim.h"

#include <sys/auxv.h>
#include <unistd.h>

// Those of src/options.c, where they are not 0, but three.
static inline long option_value(mi_option_t option) {
    switch (option) {
    // What a large answer has needed is not given back to the kernel: the next one would pay a page
    // fault for each of its pages, 35 for 128 KiB.
    case mi_option_purge_delay:
        return -1;
    // KiB of addresses that the first large block reserves. Without, each one is mapped and unmapped
    // by itself.
    case mi_option_arena_reserve:
        return 65536;
    // Where functions run there is one; to look for more is a system call.
    case mi_option_use_numa_nodes:
        return 1;
    case mi_option_eager_commit:
    case mi_option_eager_commit_delay:
    case mi_option_purge_decommits:
    case mi_option_purge_extend_delay:
    case mi_option_allow_thp:
        return 1;
    case mi_option_arena_eager_commit:
        return 2;
    case mi_option_arena_purge_mult:
    case mi_option_max_segment_reclaim:
        return 10;
    case mi_option_generic_collect:
        return 10000;
    default:
        return 0;
    }
}

static inline long option_value_within(mi_option_t option, long min, long max) {
    const long value = option_value(option);
    return value < min ? min : value > max ? max : value;
}

void _mi_options_init(void) {}

#define mi_option_get(option) option_value(option)
#define _mi_option_get_fast(option) option_value(option)
#define mi_option_get_clamp(option, min, max) option_value_within(option, min, max)
#define mi_option_get_size(option) ((size_t)option_value(option) * MI_KiB) // of arenas alone
#define mi_option_is_enabled(option) (option_value(option) != 0)

// A function for internal.h, which is compiled by now, a macro for what comes: without its texts.
void _mi_error_message(int err, const char* fmt, ...) {
    MI_UNUSED(err);
    MI_UNUSED(fmt);
}
#define _mi_error_message(...) ((void)0)
#define _mi_warning_message(...) ((void)0)
#define _mi_verbose_message(...) ((void)0)
#define _mi_trace_message(...) ((void)0)
#define _mi_message(...) ((void)0)
#define _mi_fputs(...) ((void)0)

#define _mi_stat_increase(stat, amount) ((void)0)
#define _mi_stat_decrease(stat, amount) ((void)0)
#define _mi_stat_adjust_decrease(stat, amount) ((void)0)
#define _mi_stat_counter_increase(stat, amount) ((void)0)
#define _mi_stats_done(stats) ((void)0)
#define _mi_stats_merge_thread(tld) ((void)0)
#define mi_stats_reset() ((void)0)
#define mi_stats_print(out) ((void)0)

#define _mi_clock_now() _mi_prim_clock_now()
#define _mi_clock_start() _mi_prim_clock_now()
#define _mi_clock_end(start) (_mi_prim_clock_now() - (start))

// Asked for the size of a page, by which libc's whole table of answers would be linked.
#define sysconf(name) ((long)getauxval(AT_PAGESZ))

#include "alloc.c"
#include "alloc-aligned.c"
#include "alloc-posix.c"
#include "arena.c"
#include "bitmap.c"
#include "heap.c"
#include "init.c"
#include "libc.c"
#include "os.c"
#include "page.c"
#include "random.c"
#include "segment.c"
#include "segment-map.c"
#include "prim/prim.c"
