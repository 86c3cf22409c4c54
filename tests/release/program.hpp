// SPDX-License-Identifier: Apache-2.0
// A program that is run to its end, and that nothing is left behind, for tests that judge from
// outside.
#pragma once

#include "support.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace release {

using strings = std::vector<std::string>;

/// The binaries of examples/ and tests/programs/.
inline std::string example(const std::string& name) {
    return built("examples/" + name + "/" + name);
}
inline std::string test_program(const std::string& name) {
    return built("tests/programs/" + name);
}

/// This process's environment, for programs that need what is installed around them.
inline strings inherited_environment() {
    strings variables;
    for (char** variable = environ; *variable != nullptr; ++variable)
        variables.emplace_back(*variable);
    return variables;
}

/// `first` and then `second`.
inline strings joined(strings first, const strings& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

/// The variables of `first`, changed and extended by those of `second`.
inline strings overlaid(strings first, const strings& second) {
    for (const std::string& variable : second) {
        const std::string name = variable.substr(0, variable.find('=') + 1);
        first.erase(std::remove_if(first.begin(), first.end(),
                                   [&](const std::string& old) { return old.rfind(name, 0) == 0; }),
                    first.end());
        first.push_back(variable);
    }
    return first;
}

/// In a child before exec: it ends with this process, even if ctest kills that one.
inline int die_with_parent() {
    return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 ? 0 : 126;
}

/// The numbers of io_uring's system calls, the same on every processor.
enum class ring_call : std::uint32_t { setup = 425, enter = 426, registration = 427 };

/// The same, and from here on the kernel answers one of io_uring's calls with an error, as under a
/// container's seccomp profile.
template <ring_call Call, int Error>
int refuse_ring() {
    std::array<sock_filter, 4> program{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(Call), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | Error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{program.size(), program.data()};
    const bool refused = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
    return refused ? die_with_parent() : 126;
}

/// Whether this kernel, and what watches over us, allows io_uring.
inline bool ring_is_allowed() {
    std::array<unsigned char, 120> parameters{}; // struct io_uring_params
    const long fd = ::syscall(SYS_io_uring_setup, 1, parameters.data());
    if (fd < 0)
        return false;
    ::close(static_cast<int>(fd));
    return true;
}

/// A file in memory: no pipe that fills, nothing to remove.
class memory_file {
public:
    memory_file() : file_(::memfd_create("output", MFD_CLOEXEC)) {}
    int get() const noexcept { return file_.get(); }
    std::string text() const {
        std::string all;
        std::array<char, 4096> part;
        off_t at = 0;
        while (true) {
            const ssize_t got = ::pread(file_.get(), part.data(), part.size(), at);
            if (got <= 0)
                return all;
            all.append(part.data(), static_cast<std::size_t>(got));
            at += got;
        }
    }

private:
    descriptor file_;
};

/// What a program has said, and how it ended.
struct finished {
    std::string out;
    std::string err;
    int exit_code = -1; ///< -1 where a signal has ended it, or nothing has

    /// For messages of failing tests.
    std::string text() const {
        return "exit code " + std::to_string(exit_code) + "\n-- out:\n" + out + "-- err:\n" + err;
    }
};

/// Runs a program to its end, which has to come by itself; fails when it does not come in time.
inline finished run_to_end(const strings& command, const strings& environment,
                           std::chrono::seconds limit = patience,
                           int (*prepare)() = die_with_parent) {
    finished result;
    const memory_file errors;
    child program(command, environment, [&errors, prepare] {
        const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::dup2(nothing, 0);
        ::dup2(errors.get(), 2);
        return prepare();
    });
    result.out =
        read_until(program.output(), clock::now() + limit, [](std::string_view) { return false; });
    result.exit_code = program.wait();
    result.err = errors.text();
    EXPECT_GE(result.exit_code, 0) << command[0] << " did not end; " << result.text();
    return result;
}

/// Tests that start programs derive from this: whoever loses its parent becomes this process's
/// child, and at the end of a test there must be none.
class leaves_no_process : public testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0); }

    void TearDown() override {
        // What was killed may take a moment to be gone.
        const auto deadline = clock::now() + std::chrono::seconds(5);
        while (clock::now() < deadline) {
            const pid_t ended = ::waitpid(-1, nullptr, WNOHANG);
            if (ended < 0)
                return;
            if (ended == 0)
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        ADD_FAILURE() << "left behind: " << kill_children();
    }

private:
    static std::string kill_children() {
        std::ifstream list("/proc/thread-self/children");
        const std::vector<pid_t> children{std::istream_iterator<pid_t>(list), {}};
        std::string names;
        for (const pid_t pid : children) {
            std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
            std::string name;
            std::getline(file, name);
            names += name + " (" + std::to_string(pid) + ") ";
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
        return names;
    }
};

/// Nothing but one line, of spry's.
inline bool is_one_line(const std::string& text) {
    return text.rfind("spry: ", 0) == 0 && text.find('\n') == text.size() - 1;
}

} // namespace release
