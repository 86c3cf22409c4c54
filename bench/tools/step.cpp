// SPDX-License-Identifier: Apache-2.0
// What does a program do from exec until its first HTTP GET leaves? Counted instruction by
// instruction, hence the same on every machine; x86-64 only.
//
// The program is executed under ptrace and stepped; before each step the instruction at its program
// counter is looked at. Only the first thread is followed. An instruction with a repeat prefix
// counts once for each repetition.
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <csignal>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr std::string_view help =
    R"(step: run a program instruction by instruction and count what it does

usage: step [--until get|exit|CALL] [--seconds N] [--quiet] [--] PROGRAM [ARGUMENT...]

  --until get    stop before the system call that sends "GET " (default); entering a ring
                 with something to submit counts as sending, since its data cannot be seen
  --until exit   stop when the program ends
  --until CALL   stop before this system call, by name or number
  --seconds N    give up after N seconds (default 60)
  --quiet        send the program's standard output and error to /dev/null

Prints, one a line: stopped_by, instructions, cpuid, threads, processes, syscalls, then each
system call in order as "call NAME". The call that ends the count is counted.
Exit status: 0 the end was reached, 1 the program ended before, 2 wrong usage, 3 time is up,
4 ptrace is refused.
)";

struct call_name {
    long number;
    const char* name;
};

// What runtimes call at start; others appear by number.
constexpr call_name call_names[] = {
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

std::string name_of(long number) {
    for (const call_name& each : call_names) {
        if (each.number == number)
            return each.name;
    }
    return std::to_string(number);
}

enum class until { get, exit, call };

struct options {
    until end = until::get;
    long call = -1;
    unsigned seconds = 60;
    bool quiet = false;
    char** command = nullptr;
};

struct counts {
    std::uint64_t instructions = 0;
    std::uint64_t cpuid = 0;
    std::uint64_t threads = 0;
    std::uint64_t processes = 0;
    std::vector<long> calls;
};

[[noreturn]] void refuse(std::string_view why, std::string_view what) {
    std::fprintf(stderr, "step: %.*s%.*s; see step --help\n", static_cast<int>(why.size()),
                 why.data(), static_cast<int>(what.size()), what.data());
    std::exit(2);
}

long number_of(std::string_view name) {
    for (const call_name& each : call_names) {
        if (each.name == name)
            return each.number;
    }
    char* end = nullptr;
    const std::string digits(name);
    const long number = std::strtol(digits.c_str(), &end, 10);
    if (digits.empty() || *end != '\0' || number < 0)
        refuse("no such system call: ", name);
    return number;
}

options read_options(int argc, char** argv) {
    options chosen;
    int i = 1;
    const auto value = [&](std::string_view option) {
        if (i + 1 >= argc)
            refuse("a value is missing behind ", option);
        return std::string_view(argv[++i]);
    };
    for (; i < argc && argv[i][0] == '-'; ++i) {
        const std::string_view option = argv[i];
        if (option == "--help") {
            std::fwrite(help.data(), 1, help.size(), stdout);
            std::exit(0);
        } else if (option == "--until") {
            const std::string_view end = value(option);
            chosen.end = end == "get" ? until::get : end == "exit" ? until::exit : until::call;
            if (chosen.end == until::call)
                chosen.call = number_of(end);
        } else if (option == "--seconds") {
            const int seconds = std::atoi(std::string(value(option)).c_str());
            if (seconds <= 0)
                refuse("--seconds wants a positive number", "");
            chosen.seconds = static_cast<unsigned>(seconds);
        } else if (option == "--quiet") {
            chosen.quiet = true;
        } else if (option == "--") {
            ++i;
            break;
        } else {
            refuse("unknown option ", option);
        }
    }
    if (i >= argc)
        refuse("no program given", "");
    chosen.command = argv + i;
    return chosen;
}

// The traced program's memory. Short or nothing where it is not mapped.
std::string read_memory(pid_t child, std::uint64_t address, std::size_t size) {
    std::string bytes(size, '\0');
    iovec local{bytes.data(), size};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of another process
    iovec remote{reinterpret_cast<void*>(address), size};
    const ssize_t got = process_vm_readv(child, &local, 1, &remote, 1, 0);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
}

template <class T>
T read_object(pid_t child, std::uint64_t address) {
    T object{};
    const std::string bytes = read_memory(child, address, sizeof object);
    std::memcpy(&object, bytes.data(), bytes.size());
    return object;
}

// The first bytes that a call about to be made would send.
std::string bytes_to_send(pid_t child, const user_regs_struct& registers) {
    std::uint64_t address = registers.rsi;
    switch (static_cast<long>(registers.rax)) {
    case SYS_write:
    case SYS_sendto:
        return read_memory(child, address, registers.rdx < 4 ? registers.rdx : 4);
    case SYS_sendmsg:
        // Behind the name and its length, with padding, stands the vector.
        address = read_object<std::uint64_t>(child, address + 16);
        [[fallthrough]];
    case SYS_writev: {
        const auto first = read_object<std::array<std::uint64_t, 2>>(child, address);
        return read_memory(child, first[0], first[1] < 4 ? first[1] : 4);
    }
    default:
        return {};
    }
}

bool is_end(const options& chosen, pid_t child, const user_regs_struct& registers) {
    const long number = static_cast<long>(registers.rax);
    if (chosen.end == until::call)
        return number == chosen.call;
    if (chosen.end == until::exit)
        return false;
    if (number == SYS_io_uring_enter)
        return registers.rsi != 0;
    return bytes_to_send(child, registers) == "GET ";
}

void count_call(counts& counted, pid_t child, const user_regs_struct& registers) {
    const long number = static_cast<long>(registers.rax);
    counted.calls.push_back(number);
    std::uint64_t flags = 0;
    if (number == SYS_clone) {
        flags = registers.rdi;
    } else if (number == SYS_clone3) {
        flags = read_object<std::uint64_t>(child, registers.rdi);
    } else if (number != SYS_fork && number != SYS_vfork) {
        return;
    }
    ++((flags & CLONE_THREAD) != 0 ? counted.threads : counted.processes);
}

constexpr int ptrace_refused = 4;

volatile std::sig_atomic_t time_is_up = 0;

pid_t start(const options& chosen) {
    const pid_t child = fork();
    if (child != 0)
        return child;
    if (chosen.quiet) {
        if (std::freopen("/dev/null", "w", stdout) == nullptr ||
            std::freopen("/dev/null", "w", stderr) == nullptr) {
            _exit(126);
        }
    }
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
        _exit(ptrace_refused);
    execvp(chosen.command[0], chosen.command);
    _exit(127);
}

// Steps until the end that was asked for; returns what ended it.
const char* run(const options& chosen, pid_t child, counts& counted) {
    constexpr std::uint16_t cpuid = 0xA20F;   // 0F A2, as the program's little-endian memory has it
    constexpr std::uint16_t syscall = 0x050F; // 0F 05
    int signal_to_deliver = 0;
    for (;;) {
        int status = 0;
        if (waitpid(child, &status, __WALL) < 0 && errno != EINTR)
            return "error";
        if (time_is_up != 0)
            return "time";
        if (WIFEXITED(status) || WIFSIGNALED(status))
            return "exit";
        if (!WIFSTOPPED(status))
            continue;
        signal_to_deliver = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);

        user_regs_struct registers{};
        if (ptrace(PTRACE_GETREGS, child, nullptr, &registers) != 0)
            return "error";
        errno = 0;
        const long word = ptrace(PTRACE_PEEKTEXT, child, registers.rip, nullptr);
        const auto instruction = static_cast<std::uint16_t>(errno == 0 ? word : 0);
        if (signal_to_deliver == 0) {
            ++counted.instructions;
        }
        if (instruction == cpuid)
            ++counted.cpuid;
        if (instruction == syscall) {
            count_call(counted, child, registers);
            if (is_end(chosen, child, registers))
                return chosen.end == until::get ? "get" : "call";
        }
        if (ptrace(PTRACE_SINGLESTEP, child, nullptr, signal_to_deliver) != 0)
            return "error";
    }
}

} // namespace

int main(int argc, char** argv) {
    const options chosen = read_options(argc, argv);
    struct sigaction on_alarm = {};
    on_alarm.sa_handler = [](int) { time_is_up = 1; }; // no SA_RESTART: waiting ends
    sigaction(SIGALRM, &on_alarm, nullptr);
    const pid_t child = start(chosen);
    if (child < 0) {
        std::perror("step: fork");
        return 1;
    }
    int status = 0;
    if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status)) {
        if (WIFEXITED(status) && WEXITSTATUS(status) == ptrace_refused) {
            std::fprintf(stderr, "step: this machine refuses ptrace\n");
            return ptrace_refused;
        }
        std::fprintf(stderr, "step: %s cannot be executed\n", chosen.command[0]);
        return 1;
    }
    ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_EXITKILL);
    ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr);
    // Again every second: the first signal may fall between a look at the flag and the next wait.
    itimerval limit{{1, 0}, {static_cast<time_t>(chosen.seconds), 0}};
    setitimer(ITIMER_REAL, &limit, nullptr);

    counts counted;
    const std::string ended_by = run(chosen, child, counted);
    if (ended_by != "exit") {
        kill(child, SIGKILL);
        while (waitpid(child, &status, __WALL) < 0 && errno == EINTR) {
        }
    }
    std::printf("stopped_by %s\ninstructions %llu\ncpuid %llu\nthreads %llu\nprocesses "
                "%llu\nsyscalls %zu\n",
                ended_by.c_str(), static_cast<unsigned long long>(counted.instructions),
                static_cast<unsigned long long>(counted.cpuid),
                static_cast<unsigned long long>(counted.threads),
                static_cast<unsigned long long>(counted.processes), counted.calls.size());
    for (const long number : counted.calls)
        std::printf("call %s\n", name_of(number).c_str());
    const bool reached = (ended_by == "exit") == (chosen.end == until::exit) && ended_by != "error";
    return ended_by == "time" ? 3 : reached ? 0 : 1;
}
