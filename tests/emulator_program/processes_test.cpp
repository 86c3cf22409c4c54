// SPDX-License-Identifier: Apache-2.0
// Processes that die, fork and stay, disks that are full, and clients that misbehave: the right
// answer, no zombie, nothing left.
#include "started.hpp"

#include <optional>

#include <sched.h>

namespace {

using release::http_answer;
using started::emulator;
using started::strings;
using testing::AnyOf;
using testing::HasSubstr;

class emulator_processes : public started::emulator_program {
protected:
    static pid_t function_of(const emulator& local) {
        return std::atoi(local.invoke(R"({"do":"pid"})").body.c_str());
    }
    // Gone, or a zombie that its new parent has not seen yet.
    static bool is_gone(pid_t pid) {
        const auto deadline = release::clock::now() + release::patience;
        while (release::clock::now() < deadline) {
            std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
            std::string number;
            std::string name;
            std::string state;
            if (!(file >> number >> name >> state) || state == "Z" || state == "X")
                return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }
};

// Wherever in its life the signal meets it, the caller gets an answer and the next one a process.
TEST_F(emulator_processes, survive_a_kill_of_the_function_at_any_moment) {
    emulator local;
    pid_t function = function_of(local);
    for (int i = 0; i != 60; ++i) {
        std::thread killer([function, i] {
            std::this_thread::sleep_for(std::chrono::microseconds(i * 50));
            ::kill(function, SIGKILL);
        });
        const http_answer answer = local.invoke(R"({"do":"sleep","n":2})");
        killer.join();
        EXPECT_EQ(answer.status, 200);
        EXPECT_THAT(answer.body, AnyOf(R"({"do":"sleep","n":2})", HasSubstr("signal: killed")));
        const pid_t next = function_of(local);
        if (next == 0) // met by the same signal, between two invocations
            function = function_of(local);
        else
            function = next;
        ASSERT_GT(function, 0);
    }
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_processes, end_with_an_emulator_that_is_killed) {
    pid_t function = 0;
    {
        const emulator local;
        function = function_of(local);
        EXPECT_EQ(::kill(function, 0), 0);
    } // SIGKILL
    EXPECT_TRUE(is_gone(function));
}

TEST_F(emulator_processes, end_where_they_have_left_the_process_group) {
    emulator local;
    const pid_t child = std::atoi(local.invoke(R"({"do":"fork"})").body.c_str());
    const pid_t daemon = std::atoi(local.invoke(R"({"do":"daemon"})").body.c_str());
    ASSERT_GT(daemon, 0);
    EXPECT_EQ(local.stop(), 0);
    EXPECT_TRUE(is_gone(child));
    EXPECT_TRUE(is_gone(daemon));
}

TEST_F(emulator_processes, end_on_a_second_signal_at_once) {
    emulator local;
    std::thread caller([&] { local.invoke(R"({"do":"hang_deaf"})"); });
    local.log_with("START");
    const release::descriptor another = release::dial(local.port());
    ::kill(local.pid(), SIGTERM);
    ::kill(local.pid(), SIGTERM);
    EXPECT_EQ(local.stop(), 0);
    caller.join();
}

TEST_F(emulator_processes, lose_their_log_and_nothing_else_on_a_full_disk) {
    const std::uint16_t free = release::free_port();
    release::child program(
        {SPRY_EMULATOR, "--listen", "127.0.0.1:" + std::to_string(free), SPRY_FAKE_FUNCTION}, {},
        [] {
            const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
            ::dup2(full, 1);
            ::dup2(full, 2);
            return release::die_with_parent();
        });
    started::wait_for_listener(free);
    const http_answer answer =
        release::invoke_at(free, R"({"do":"print","n":100})", "X-Amz-Log-Type: Tail\r\n");
    EXPECT_EQ(answer.body, "\"printed\"");
    EXPECT_FALSE(answer.header("x-amz-log-result").empty());
    ::kill(program.pid(), SIGTERM);
    EXPECT_EQ(program.wait(), 0);
}

TEST_F(emulator_processes, lose_their_log_and_nothing_else_where_nobody_reads_it) {
    const std::uint16_t free = release::free_port();
    int status = -1;
    {
        std::array<int, 2> ends;
        ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        const release::descriptor writing(ends[1]);
        release::child program(
            {SPRY_EMULATOR, "--listen", "127.0.0.1:" + std::to_string(free), SPRY_FAKE_FUNCTION},
            {}, [&] {
                ::dup2(writing.get(), 1);
                return release::die_with_parent();
            });
        ::close(ends[0]); // who reads has left
        started::wait_for_listener(free);
        EXPECT_EQ(release::invoke_at(free, "1").body, "1");
        ::kill(program.pid(), SIGTERM);
        status = program.wait();
    }
    EXPECT_EQ(status, 0);
}

// Its lines wait for the reader, up to a limit, and the callers do not.
TEST_F(emulator_processes, serve_on_where_the_reader_of_their_log_has_stopped) {
    constexpr int invocations = 40;
    const std::uint16_t free = release::free_port();
    std::array<int, 2> ends;
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const release::descriptor reading(ends[0]);
    std::optional<release::descriptor> writing(std::in_place, ends[1]);
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    std::string text(1, ' ');
    while (::write(ends[1], text.data(), text.size()) > 0) {
    }
    ::fcntl(ends[1], F_SETFL, 0);
    release::child program(
        {SPRY_EMULATOR, "--listen", "127.0.0.1:" + std::to_string(free), SPRY_FAKE_FUNCTION}, {},
        [&] {
            ::dup2(ends[1], 1);
            ::dup2(ends[1], 2);
            return release::die_with_parent();
        });
    writing.reset();
    started::wait_for_listener(free);
    for (int i = 0; i != invocations; ++i)
        EXPECT_EQ(release::invoke_at(free, R"({"do":"print","n":10000})").body, "\"printed\"");
    // It starts to read again: first what there was room for, then how much there was not.
    text = release::read_until(
        reading.get(), release::clock::now() + release::patience, [](std::string_view so_far) {
            const std::size_t lost = so_far.find(" lines of this log are lost");
            return lost != so_far.npos && so_far.find('\n', lost) != so_far.npos;
        });
    EXPECT_EQ(release::invoke_at(free, "1").body, "1");
    ::kill(program.pid(), SIGTERM);
    text += release::read_until(reading.get(), release::clock::now() + release::patience,
                                [](std::string_view) { return false; });
    EXPECT_EQ(program.wait(), 0);
    // Each invocation has START, END, REPORT and its 10,000 lines, the last two of them in one; the
    // last has no lines of its own.
    const auto lines = std::count(text.begin(), text.end(), '\n');
    long lost = 0;
    long notices = 0;
    for (std::size_t at = 0; (at = text.find(" lines of this log are lost", at)) != text.npos;
         ++at, ++notices)
        lost += std::atol(text.c_str() + text.rfind(' ', at - 1));
    EXPECT_GE(notices, 1);
    EXPECT_EQ(lines - notices + lost, invocations * (3L + 10'000) + 3);
}

int first_of_its_pids() {
    const int user = ::geteuid() == 0 ? 0 : CLONE_NEWUSER;
    if (::unshare(user | CLONE_NEWPID) != 0)
        return 77;
    const pid_t init = ::fork();
    if (init == 0) // whose /proc is the outer one: the function's memory stays unknown
        return release::die_with_parent();
    int status = 0;
    ::waitpid(init, &status, 0);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

TEST_F(emulator_processes, are_reaped_by_pid_1_and_it_ends_on_sigterm) {
    release::child outer(
        started::with_fake({SPRY_EMULATOR, "--listen", "127.0.0.1:0"}, {"orphans"}), {},
        first_of_its_pids);
    const std::string text = release::read_until(
        outer.output(), release::clock::now() + release::patience,
        [](std::string_view so_far) { return so_far.find("orphans made\n") != so_far.npos; });
    if (text.empty() && outer.wait() == 77)
        GTEST_SKIP() << "neither root nor allowed to make namespaces of one's own";
    std::ifstream list("/proc/" + std::to_string(outer.pid()) + "/task/" +
                       std::to_string(outer.pid()) + "/children");
    pid_t init = 0;
    list >> init;
    ASSERT_GT(init, 0);
    // Only the function is left of its children, and no zombie.
    const std::string children =
        "/proc/" + std::to_string(init) + "/task/" + std::to_string(init) + "/children";
    const auto deadline = release::clock::now() + release::patience;
    std::size_t count = 0;
    do {
        std::ifstream file(children);
        count = static_cast<std::size_t>(
            std::distance(std::istream_iterator<pid_t>(file), std::istream_iterator<pid_t>()));
    } while (count != 1 && release::clock::now() < deadline);
    EXPECT_EQ(count, 1U);
    ::kill(init, SIGTERM);
    EXPECT_EQ(outer.wait(), 0);
}

class emulator_clients : public started::emulator_program {
protected:
    static std::string head(std::size_t length) {
        return "POST " + std::string(release::invoke_path) +
               " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(length) +
               "\r\n\r\n";
    }
};

// Of each kind a hundred: silent, in the middle of a head, of a body, gone, talking nonsense, not
// reading a large answer.
TEST_F(emulator_clients, by_the_hundred_that_are_slow_or_broken_keep_nobody_from_an_answer) {
    emulator local({"--concurrency", "2"});
    std::vector<release::descriptor> clients;
    const std::string large = R"({"do":"big","n":6000000})";
    const std::array<std::string, 6> said{"",
                                          "POST /2015",
                                          head(100) + "half",
                                          head(2) + "{}",
                                          "\x16\x03\x01 no HTTP at all\r\n\r\n",
                                          head(large.size() + 0) + large};
    for (int i = 0; i != 100; ++i) {
        for (std::size_t kind = 0; kind != said.size(); ++kind) {
            if (kind == 5 && i >= 4) // 6 MB each
                continue;
            clients.push_back(release::dial(local.port()));
            release::send_all(clients.back().get(), said[kind]);
            if (kind == 3)
                clients.pop_back(); // it does not wait for its answer
        }
    }
    for (int i = 0; i != 20; ++i)
        EXPECT_EQ(local.invoke(std::to_string(i)).body, std::to_string(i));
    clients.clear();
    EXPECT_EQ(local.invoke("7").body, "7");
    EXPECT_EQ(local.stop(), 0);
}

TEST_F(emulator_clients, whose_head_is_too_large_are_told_431) {
    emulator local;
    EXPECT_EQ(local.invoke("1", "X-Large: " + std::string(40'000, 'x') + "\r\n").status, 431);
    EXPECT_EQ(local.invoke("1").status, 200);
    EXPECT_EQ(local.stop(), 0);
}

} // namespace
