// SPDX-License-Identifier: Apache-2.0
#include "system_call_names.hpp"

#include <cstdlib>

#include <sys/syscall.h>

namespace bench {
namespace {

struct named_call {
    long number;
    const char* name;
};

constexpr named_call names[] = {
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_open, "open"},
    {SYS_close, "close"},
    {SYS_stat, "stat"},
    {SYS_fstat, "fstat"},
    {SYS_lstat, "lstat"},
    {SYS_poll, "poll"},
    {SYS_lseek, "lseek"},
    {SYS_mmap, "mmap"},
    {SYS_mprotect, "mprotect"},
    {SYS_munmap, "munmap"},
    {SYS_brk, "brk"},
    {SYS_rt_sigaction, "rt_sigaction"},
    {SYS_rt_sigprocmask, "rt_sigprocmask"},
    {SYS_ioctl, "ioctl"},
    {SYS_pread64, "pread64"},
    {SYS_readv, "readv"},
    {SYS_writev, "writev"},
    {SYS_access, "access"},
    {SYS_sched_yield, "sched_yield"},
    {SYS_mremap, "mremap"},
    {SYS_madvise, "madvise"},
    {SYS_dup, "dup"},
    {SYS_nanosleep, "nanosleep"},
    {SYS_getpid, "getpid"},
    {SYS_socket, "socket"},
    {SYS_connect, "connect"},
    {SYS_accept, "accept"},
    {SYS_sendto, "sendto"},
    {SYS_recvfrom, "recvfrom"},
    {SYS_sendmsg, "sendmsg"},
    {SYS_recvmsg, "recvmsg"},
    {SYS_shutdown, "shutdown"},
    {SYS_bind, "bind"},
    {SYS_listen, "listen"},
    {SYS_getsockname, "getsockname"},
    {SYS_socketpair, "socketpair"},
    {SYS_setsockopt, "setsockopt"},
    {SYS_getsockopt, "getsockopt"},
    {SYS_clone, "clone"},
    {SYS_fork, "fork"},
    {SYS_vfork, "vfork"},
    {SYS_execve, "execve"},
    {SYS_exit, "exit"},
    {SYS_wait4, "wait4"},
    {SYS_kill, "kill"},
    {SYS_uname, "uname"},
    {SYS_fcntl, "fcntl"},
    {SYS_getcwd, "getcwd"},
    {SYS_readlink, "readlink"},
    {SYS_getrlimit, "getrlimit"},
    {SYS_sysinfo, "sysinfo"},
    {SYS_getuid, "getuid"},
    {SYS_sigaltstack, "sigaltstack"},
    {SYS_prctl, "prctl"},
    {SYS_arch_prctl, "arch_prctl"},
    {SYS_gettid, "gettid"},
    {SYS_futex, "futex"},
    {SYS_sched_getaffinity, "sched_getaffinity"},
    {SYS_epoll_create1, "epoll_create1"},
    {SYS_epoll_ctl, "epoll_ctl"},
    {SYS_epoll_wait, "epoll_wait"},
    {SYS_epoll_pwait, "epoll_pwait"},
    {SYS_set_tid_address, "set_tid_address"},
    {SYS_clock_gettime, "clock_gettime"},
    {SYS_exit_group, "exit_group"},
    {SYS_openat, "openat"},
    {SYS_newfstatat, "newfstatat"},
    {SYS_readlinkat, "readlinkat"},
    {SYS_set_robust_list, "set_robust_list"},
    {SYS_ppoll, "ppoll"},
    {SYS_signalfd4, "signalfd4"},
    {SYS_timerfd_create, "timerfd_create"},
    {SYS_timerfd_settime, "timerfd_settime"},
    {SYS_eventfd2, "eventfd2"},
    {SYS_pipe2, "pipe2"},
    {SYS_prlimit64, "prlimit64"},
    {SYS_getrandom, "getrandom"},
    {SYS_statx, "statx"},
    {SYS_rseq, "rseq"},
    {SYS_io_uring_setup, "io_uring_setup"},
    {SYS_io_uring_enter, "io_uring_enter"},
    {SYS_io_uring_register, "io_uring_register"},
    {SYS_clone3, "clone3"},
    {SYS_faccessat2, "faccessat2"},
    {SYS_epoll_pwait2, "epoll_pwait2"},
};

} // namespace

std::string call_name(long number) {
    for (const named_call& each : names) {
        if (each.number == number)
            return each.name;
    }
    return std::to_string(number);
}

long call_number(std::string_view name_or_number) {
    for (const named_call& each : names) {
        if (each.name == name_or_number)
            return each.number;
    }
    char* end = nullptr;
    const std::string digits(name_or_number);
    const long number = std::strtol(digits.c_str(), &end, 10);
    return digits.empty() || *end != '\0' || number < 0 ? -1 : number;
}

} // namespace bench
