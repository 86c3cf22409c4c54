// SPDX-License-Identifier: Apache-2.0
#include <spry/io/child_process.hpp>

#include <spry/core/task_scope.hpp>
#include <spry/io/pipe.hpp>

#include "support/forked.hpp"
#include "support/on_every_backend.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace io = spry::io;

using spry::errc;
using spry::result;
using spry::stop_source;
using spry::stop_token;
using spry::task;
using spry::task_scope;
using spry::tests::exit_code_of;
using spry::tests::forked;

class child_process : public spry::tests::on_every_kernel_backend {};
SPRY_ON_EVERY_KERNEL_BACKEND(child_process);

io::child_options shell(std::string script) {
    io::child_options options;
    options.program = "/bin/sh";
    options.arguments = {"sh", "-c", std::move(script)};
    options.environment = {"PATH=/usr/bin:/bin"};
    return options;
}

std::string describe(const io::exit_status& status) {
    return (status.signalled ? "signal " : "exit ") + std::to_string(status.code);
}

task<std::string> wait_for(io::child_process* child, stop_token stop = {}) {
    const result<io::exit_status> status = co_await child->wait(stop);
    co_return status ? describe(*status) : status.error().message();
}

task<std::string> end_of(io::event_loop* loop, std::string script) {
    io::child_process child = io::child_process::start(*loop, shell(script)).value();
    const std::string end = co_await wait_for(&child);
    co_return end;
}

TEST_P(child_process, tells_the_exit_code) {
    EXPECT_EQ(run(end_of(&loop(), "exit 0")), "exit 0");
    EXPECT_EQ(run(end_of(&loop(), "exit 42")), "exit 42");
}

TEST_P(child_process, tells_the_signal_that_ended_it) {
    EXPECT_EQ(run(end_of(&loop(), "kill -TERM $$")), "signal 15");
    EXPECT_EQ(run(end_of(&loop(), "kill -KILL $$")), "signal 9");
}

task<std::uint64_t> memory_of(io::event_loop* loop) {
    io::child_process child = io::child_process::start(*loop, shell("exit 0")).value();
    const result<io::exit_status> status = co_await child.wait();
    co_return status.value().max_rss_kib;
}

TEST_P(child_process, tells_the_most_memory_it_had) {
    EXPECT_GT(run(memory_of(&loop())), 0u);
}

std::error_code start_error(io::event_loop& loop, const io::child_options& options) {
    const result<io::child_process> child = io::child_process::start(loop, options);
    return child ? std::error_code{} : child.error();
}

TEST_P(child_process, tells_why_a_program_could_not_be_executed) {
    io::child_options options = shell("exit 0");
    options.program = "/no/such/program";
    EXPECT_EQ(start_error(loop(), options), std::errc::no_such_file_or_directory);
    options.program = "/etc/passwd";
    EXPECT_EQ(start_error(loop(), options), std::errc::permission_denied);
    options.program = "/bin/sh";
    options.working_directory = "/no/such/directory";
    EXPECT_EQ(start_error(loop(), options), std::errc::no_such_file_or_directory);
    options.working_directory.clear();
    options.standard_output = 9999;
    EXPECT_EQ(start_error(loop(), options), std::errc::bad_file_descriptor);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "what did not start was not reaped";
}

task<std::string> read_all(io::pipe_reader* from) {
    std::string text;
    std::array<std::byte, 4096> buffer;
    while (true) {
        const result<std::size_t> size = co_await from->read(buffer);
        if (size.value_or(0) == 0)
            co_return text;
        text.append(reinterpret_cast<const char*>(buffer.data()), *size);
    }
}

task<std::string> output_of(io::event_loop* loop, io::child_options options) {
    io::pipe_ends out = io::make_pipe(*loop).value();
    io::pipe_ends err = io::make_pipe(*loop).value();
    options.standard_output = out.writer.get();
    options.standard_error = err.writer.get();
    io::child_process child = io::child_process::start(*loop, options).value();
    out.writer.reset();
    err.writer.reset();
    const std::string text = co_await read_all(&out.reader);
    const std::string errors = co_await read_all(&err.reader);
    const std::string end = co_await wait_for(&child);
    co_return text + "|" + errors + "|" + end;
}

TEST_P(child_process, writes_where_it_is_told) {
    EXPECT_EQ(run(output_of(&loop(), shell("printf out; printf err >&2"))), "out|err|exit 0");
}

TEST_P(child_process, gets_exactly_the_environment_it_is_given) {
    io::child_options options;
    options.program = "/usr/bin/env";
    options.arguments = {"env"};
    options.environment = {"ONE=1", "TWO=two words"};
    EXPECT_EQ(run(output_of(&loop(), options)), "ONE=1\nTWO=two words\n||exit 0");
}

TEST_P(child_process, runs_in_its_working_directory) {
    io::child_options options = shell("pwd");
    options.working_directory = "/usr";
    EXPECT_EQ(run(output_of(&loop(), options)), "/usr\n||exit 0");
}

TEST_P(child_process, leads_a_process_group_of_its_own) {
    const std::string output =
        run(output_of(&loop(), shell("read pid comm state parent group rest < /proc/self/stat; "
                                     "[ $group = $$ ] && echo leader")));
    EXPECT_EQ(output, "leader\n||exit 0");
}

// Runs in a process of its own, whose mask and actions the child must not inherit.
int start_with_blocked_and_ignored_signals(io::event_loop* loop) {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGINT, SIG_IGN);
    const std::string output =
        loop->run(output_of(loop, shell("grep -E '^Sig(Blk|Ign)' /proc/self/status")));
    return output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n||exit 0" ? 0 : 1;
}

TEST_P(child_process, starts_with_no_signal_blocked_or_ignored) {
    EXPECT_EQ(exit_code_of([this] {
                  return start_with_blocked_and_ignored_signals(loop_of_this_process());
              }),
              0);
}

TEST_P(child_process, leaves_the_signal_mask_of_its_parent_alone) {
    sigset_t before;
    sigset_t after;
    ::sigprocmask(SIG_SETMASK, nullptr, &before);
    EXPECT_EQ(run(end_of(&loop(), "exit 0")), "exit 0");
    ::sigprocmask(SIG_SETMASK, nullptr, &after);
    for (int signal = 1; signal < NSIG; ++signal)
        EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal)) << signal;
}

// stdout and stderr given as each other's numbers; in a process of its own, which loses both.
int start_with_crossed_output(io::event_loop* loop) {
    io::pipe_ends one = io::make_pipe(*loop).value();
    io::pipe_ends two = io::make_pipe(*loop).value();
    ::dup3(one.writer.get(), STDOUT_FILENO, O_CLOEXEC);
    ::dup3(two.writer.get(), STDERR_FILENO, O_CLOEXEC);
    one.writer.reset();
    two.writer.reset();
    io::child_options options = shell("printf out; printf err >&2");
    options.standard_output = STDERR_FILENO;
    options.standard_error = STDOUT_FILENO;
    io::child_process child = io::child_process::start(*loop, options).value();
    ::close(STDOUT_FILENO);
    ::close(STDERR_FILENO);
    const std::string first = loop->run(read_all(&one.reader));
    const std::string second = loop->run(read_all(&two.reader));
    return first == "err" && second == "out" ? 0 : 1;
}

TEST_P(child_process, may_write_to_the_standard_descriptors_in_any_order) {
    EXPECT_EQ(exit_code_of([this] { return start_with_crossed_output(loop_of_this_process()); }),
              0);
}

task<std::string> signal_group_of(io::event_loop* loop) {
    io::pipe_ends out = io::make_pipe(*loop).value();
    io::child_options options = shell("sleep 1000 & echo ready; wait");
    options.standard_output = out.writer.get();
    io::child_process child = io::child_process::start(*loop, options).value();
    out.writer.reset();
    std::array<std::byte, 64> buffer;
    static_cast<void>(co_await out.reader.read(buffer));
    child.signal_group(SIGTERM);
    const std::string end = co_await wait_for(&child);
    // The pipe ends once the grandchild, which holds it too, has ended.
    const std::string rest = co_await read_all(&out.reader);
    child.signal_group(SIGTERM);
    co_return end + rest;
}

TEST_P(child_process, passes_a_signal_to_its_whole_group) {
    EXPECT_EQ(run(signal_group_of(&loop())), "signal 15");
}

task<std::string> leave_one_behind(io::event_loop* loop) {
    io::pipe_ends out = io::make_pipe(*loop).value();
    io::child_options options = shell("sleep 1000 & exit 3");
    options.standard_output = out.writer.get();
    io::child_process child = io::child_process::start(*loop, options).value();
    out.writer.reset();
    const std::string end = co_await wait_for(&child);
    const std::string rest = co_await read_all(&out.reader);
    co_return end + rest;
}

TEST_P(child_process, kills_what_the_child_left_behind) {
    EXPECT_EQ(run(leave_one_behind(&loop())), "exit 3");
}

task<std::string> destroy_running(io::event_loop* loop) {
    io::pipe_ends out = io::make_pipe(*loop).value();
    io::child_options options = shell("trap '' TERM; sleep 1000 & wait");
    options.standard_output = out.writer.get();
    std::optional<io::child_process> child{io::child_process::start(*loop, options).value()};
    out.writer.reset();
    child.reset();
    const std::string rest = co_await read_all(&out.reader);
    co_return rest + (::waitpid(-1, nullptr, WNOHANG) == -1 ? "nothing left" : "a child left");
}

TEST_P(child_process, is_killed_with_its_group_and_reaped_when_its_object_dies) {
    EXPECT_EQ(run(destroy_running(&loop())), "nothing left");
}

task<> store_end(io::child_process* child, stop_token stop, std::string* into) {
    *into = co_await wait_for(child, stop);
}

task<std::string> stop_waiting(io::event_loop* loop) {
    io::child_process child = io::child_process::start(*loop, shell("sleep 1000")).value();
    std::string first;
    stop_source stop;
    task_scope scope;
    scope.spawn(store_end(&child, stop.token(), &first));
    static_cast<void>(co_await loop->sleep_for(std::chrono::milliseconds{1}));
    stop.request_stop();
    co_await scope.join();
    const bool alive = ::kill(child.pid(), 0) == 0;
    child.signal_group(SIGKILL);
    const std::string second = co_await wait_for(&child);
    co_return first + (alive ? ", alive, " : ", dead, ") + second;
}

TEST_P(child_process, can_be_waited_for_again_after_a_stop) {
    EXPECT_EQ(run(stop_waiting(&loop())), "cancelled, alive, signal 9");
}

task<std::string> wait_for_several(io::event_loop* loop) {
    std::vector<io::child_process> children;
    for (const char* script : {"exit 1", "exit 2", "exit 3"})
        children.push_back(io::child_process::start(*loop, shell(script)).value());
    std::vector<std::string> ends(children.size());
    task_scope scope;
    for (std::size_t i = 0; i < children.size(); ++i)
        scope.spawn(store_end(&children[i], {}, &ends[i]));
    co_await scope.join();
    co_return ends[0] + ends[1] + ends[2];
}

TEST_P(child_process, is_waited_for_beside_others) {
    EXPECT_EQ(run(wait_for_several(&loop())), "exit 1exit 2exit 3");
}

task<std::string> move_and_wait(io::event_loop* loop) {
    io::child_process first = io::child_process::start(*loop, shell("sleep 1000")).value();
    io::child_process second = io::child_process::start(*loop, shell("exit 5")).value();
    const int killed = first.pid();
    first = std::move(second);
    const bool reaped = ::kill(killed, 0) != 0;
    const std::string end = co_await wait_for(&first);
    co_return end + (reaped ? "" : ", but the other still runs");
}

TEST_P(child_process, kills_what_it_held_when_another_is_moved_in) {
    EXPECT_EQ(run(move_and_wait(&loop())), "exit 5");
}

// A process between this one and the grandchild, killed in a way that runs no destructor.
int start_and_be_killed(io::event_loop* loop, int output) {
    io::child_options options = shell("echo ready; exec sleep 1000");
    options.standard_output = output;
    result<io::child_process> child = io::child_process::start(*loop, options);
    ::pause();
    return child ? 0 : 1;
}

// What comes through the pipe until all its writers are gone, or within ten seconds.
std::string read_until_the_end(int fd, const forked& killed_when_ready) {
    std::string text;
    std::array<char, 64> buffer;
    pollfd readable{fd, POLLIN, 0};
    while (::poll(&readable, 1, 10'000) > 0) {
        const ssize_t size = ::read(fd, buffer.data(), buffer.size());
        if (size <= 0)
            return text + "ended";
        text.append(buffer.data(), static_cast<std::size_t>(size));
        ::kill(killed_when_ready.pid(), SIGKILL);
    }
    return text + "still running";
}

TEST_P(child_process, dies_with_its_parent) {
    std::array<int, 2> fds{};
    ASSERT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
    const io::unique_fd reader{fds[0]};
    io::unique_fd writer{fds[1]};
    forked between{[&] { return start_and_be_killed(loop_of_this_process(), writer.get()); }};
    writer.reset();
    EXPECT_EQ(read_until_the_end(reader.get(), between), "ready\nended");
    EXPECT_EQ(between.exit_code(), -SIGKILL);
}

int start_ended_process() {
    const int pid = ::fork();
    if (pid == 0)
        ::_exit(0);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT);
    return pid;
}

bool is_reaped(int pid) {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0;
}

TEST(reap_orphans, reaps_all_that_nobody_waits_for) {
    const int first = start_ended_process();
    const int second = start_ended_process();
    EXPECT_FALSE(io::reap_orphans({}));
    EXPECT_TRUE(is_reaped(first));
    EXPECT_TRUE(is_reaped(second));
    EXPECT_FALSE(io::reap_orphans({}));
}

TEST(reap_orphans, leaves_a_child_that_somebody_waits_for) {
    const int known = start_ended_process();
    const int orphan = start_ended_process();
    const std::array children{known};
    EXPECT_TRUE(io::reap_orphans(children));
    EXPECT_FALSE(is_reaped(known));
    EXPECT_EQ(::waitpid(known, nullptr, 0), known);
    EXPECT_FALSE(io::reap_orphans(children));
    EXPECT_TRUE(is_reaped(orphan)) << "at the latest once the one before it has been reaped";
}

TEST(reap_orphans, does_not_wait_for_those_that_run) {
    const forked running{[] { return ::pause(); }};
    io::reap_orphans({});
    EXPECT_FALSE(is_reaped(running.pid()));
    ::kill(running.pid(), SIGKILL);
}

} // namespace
