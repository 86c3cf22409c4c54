// SPDX-License-Identifier: Apache-2.0
// What does a program do from exec until its first HTTP GET leaves? Counted instruction by
// instruction, hence the same on every machine; x86-64 only.
//
// The program is executed under ptrace and stepped; before each step the instruction at its program
// counter is looked at. Only the first thread is followed. An instruction with a repeat prefix
// counts once for each repetition.
#include "function_counts.hpp"
#include "process.hpp"
#include "system_call_names.hpp"
#include "tracing.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <csignal>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr std::string_view help =
    R"(step: run a program instruction by instruction and count what it does

usage: step [--until get|exit|CALL] [--seconds N] [--functions] [--quiet]
            [--] PROGRAM [ARGUMENT...]

  --until get    stop before the system call that sends "GET " (default); entering a ring
                 with something to submit counts as sending, since its data cannot be seen
  --until exit   stop when the program ends
  --until CALL   stop before this system call, by name or number
  --seconds N    give up after N seconds (default 60)
  --functions    print where the instructions lie, too: "function NAME COUNT"; the program is
                 given by its path
  --quiet        send the program's standard output and error to /dev/null

Prints, one a line: stopped_by, instructions, code_pieces (of 64 KiB, as the kernel maps them
where one is executed first), cpuid, threads, processes, syscalls, then each system call in order
as "call NAME". The call that ends the count is counted.
Exit status: 0 the end was reached, 1 the program ended before, 2 wrong usage, 3 time is up,
4 ptrace is refused.
)";

constexpr std::uint64_t code_piece_bytes = 64 * 1024;

enum class until { get, exit, call };

struct options {
    until end = until::get;
    long call = -1;
    unsigned seconds = 60;
    bool functions = false;
    bool quiet = false;
    char** command = nullptr;
};

struct counts {
    std::uint64_t instructions = 0;
    std::set<std::uint64_t> code_pieces; // their addresses, divided by their size
    std::uint64_t cpuid = 0;
    std::uint64_t threads = 0;
    std::uint64_t processes = 0;
    std::vector<long> calls;
    bench::function_counts by_function; // only if asked for
};

[[noreturn]] void refuse(std::string_view why, std::string_view what) {
    std::fprintf(stderr, "step: %.*s%.*s; see step --help\n", static_cast<int>(why.size()),
                 why.data(), static_cast<int>(what.size()), what.data());
    std::exit(2);
}

long number_of(std::string_view name) {
    const long number = bench::call_number(name);
    if (number < 0)
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
        } else if (option == "--functions") {
            chosen.functions = true;
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

template <class T>
T read_object(pid_t child, std::uint64_t address) {
    T object{};
    const std::string bytes = bench::read_memory(child, address, sizeof object);
    std::memcpy(&object, bytes.data(), bytes.size());
    return object;
}

// The first bytes that a call about to be made would send.
std::string bytes_to_send(pid_t child, const user_regs_struct& registers) {
    std::uint64_t address = registers.rsi;
    switch (static_cast<long>(registers.rax)) {
    case SYS_write:
    case SYS_sendto:
        return bench::read_memory(child, address, registers.rdx < 4 ? registers.rdx : 4);
    case SYS_sendmsg:
        // Behind the name and its length, with padding, stands the vector.
        address = read_object<std::uint64_t>(child, address + 16);
        [[fallthrough]];
    case SYS_writev: {
        const auto first = read_object<std::array<std::uint64_t, 2>>(child, address);
        return bench::read_memory(child, first[0], first[1] < 4 ? first[1] : 4);
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
        _exit(bench::ptrace_refused);
    execvp(chosen.command[0], chosen.command);
    _exit(127);
}

// Steps until the end that was asked for; returns what ended it.
const char* run(const options& chosen, pid_t child, counts& counted) {
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
            counted.code_pieces.insert(registers.rip / code_piece_bytes);
            if (chosen.functions)
                counted.by_function.add(registers.rip);
        }
        if (instruction == bench::cpuid_instruction)
            ++counted.cpuid;
        if (instruction == bench::syscall_instruction) {
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
    bench::stay_on_one_cpu();
    const pid_t child = start(chosen);
    if (child < 0) {
        std::perror("step: fork");
        return 1;
    }
    int status = 0;
    if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status)) {
        if (WIFEXITED(status) && WEXITSTATUS(status) == bench::ptrace_refused) {
            std::fprintf(stderr, "step: this machine refuses ptrace\n");
            return bench::ptrace_refused;
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
    std::printf("stopped_by %s\ninstructions %llu\ncode_pieces %zu\ncpuid %llu\nthreads %llu\n"
                "processes %llu\nsyscalls %zu\n",
                ended_by.c_str(), static_cast<unsigned long long>(counted.instructions),
                counted.code_pieces.size(), static_cast<unsigned long long>(counted.cpuid),
                static_cast<unsigned long long>(counted.threads),
                static_cast<unsigned long long>(counted.processes), counted.calls.size());
    for (const long number : counted.calls)
        std::printf("call %s\n", bench::call_name(number).c_str());
    if (chosen.functions) {
        try {
            counted.by_function.print(chosen.command[0], 1);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "step: %s\n", error.what());
            return 1;
        }
    }
    const bool reached = (ended_by == "exit") == (chosen.end == until::exit) && ended_by != "error";
    return ended_by == "time" ? 3 : reached ? 0 : 1;
}
