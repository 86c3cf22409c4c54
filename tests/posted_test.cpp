// SPDX-License-Identifier: Apache-2.0
#include <spry/io/posted.hpp>

#include <spry/core/task_scope.hpp>

#include "support/on_every_backend.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/resource.h>

namespace {

namespace io = spry::io;

using namespace std::chrono_literals;
using spry::result;
using spry::task;
using spry::task_scope;

class posted : public spry::tests::on_every_kernel_backend {};
SPRY_ON_EVERY_KERNEL_BACKEND(posted);

task<int> compute_elsewhere(io::event_loop* loop) {
    int answer = 0;
    if (!loop->open_door())
        co_return -1;
    io::posted finished{*loop};
    std::thread worker{[&answer, &finished] {
        answer = 42;
        finished.post();
    }};
    co_await std::move(finished);
    worker.join();
    co_return answer;
}

TEST_P(posted, brings_what_the_thread_has_written) {
    EXPECT_EQ(run(compute_elsewhere(&loop())), 42);
}

TEST_P(posted, works_again_and_again) {
    for (int i = 0; i != 100; ++i)
        ASSERT_EQ(run(compute_elsewhere(&loop())), 42);
}

task<> count_turns(io::event_loop* loop, const std::atomic<bool>* last, int* turns) {
    while (!last->load()) {
        ++*turns;
        static_cast<void>(co_await loop->sleep_for(1ms));
    }
}

// The thread posts only once the loop has turned meanwhile, so a loop that waits for it alone would
// never end.
task<> wait_while_others_run(io::event_loop* loop, std::atomic<int>* seen, int* turns) {
    std::atomic<bool> last = false;
    io::posted finished{*loop};
    task_scope scope;
    scope.spawn(count_turns(loop, &last, turns));
    std::thread worker{[&finished, seen] {
        while (seen->load() == 0)
            std::this_thread::yield();
        finished.post();
    }};
    static_cast<void>(co_await loop->sleep_for(1ms));
    seen->store(1);
    co_await std::move(finished);
    last.store(true);
    co_await scope.join();
    worker.join();
}

TEST_P(posted, lets_the_loop_run_meanwhile) {
    ASSERT_TRUE(loop().open_door().has_value());
    std::atomic<int> seen = 0;
    int turns = 0;
    run(wait_while_others_run(&loop(), &seen, &turns));
    EXPECT_GT(turns, 0);
}

task<> await_one(io::posted* one, std::string* log, char letter) {
    co_await std::move(*one);
    log->push_back(letter);
}

task<std::string> post_in_order(io::event_loop* loop) {
    std::string log;
    io::posted a{*loop};
    io::posted b{*loop};
    io::posted c{*loop};
    task_scope scope;
    scope.spawn(await_one(&a, &log, 'a'));
    scope.spawn(await_one(&b, &log, 'b'));
    scope.spawn(await_one(&c, &log, 'c'));
    c.post();
    a.post();
    b.post();
    log += "posted ";
    co_await scope.join();
    co_return log;
}

TEST_P(posted, wakes_in_the_order_of_the_posts_and_never_inside_one) {
    ASSERT_TRUE(loop().open_door().has_value());
    EXPECT_EQ(run(post_in_order(&loop())), "posted cab");
}

task<int> await_posted_before(io::event_loop* loop) {
    io::posted finished{*loop};
    std::thread worker{[&finished] { finished.post(); }};
    worker.join();
    co_await std::move(finished);
    co_return 1;
}

TEST_P(posted, may_be_posted_before_it_is_awaited) {
    ASSERT_TRUE(loop().open_door().has_value());
    EXPECT_EQ(run(await_posted_before(&loop())), 1);
}

// Each thread leaves its posting as soon as it can, and the frame is gone as soon as it may.
task<> wait_for_one_of_many(io::event_loop* loop, std::atomic<io::posted*>* place, int* count) {
    for (int i = 0; i != 200; ++i) {
        io::posted finished{*loop};
        place->store(&finished, std::memory_order_release);
        co_await std::move(finished);
        ++*count;
    }
}

task<int> serve_four_threads(io::event_loop* loop) {
    std::array<std::atomic<io::posted*>, 4> places{};
    std::atomic<bool> enough = false;
    int count = 0;
    std::vector<std::thread> posters;
    posters.reserve(places.size());
    for (std::atomic<io::posted*>& place : places) {
        posters.emplace_back([&place, &enough] {
            while (!enough.load(std::memory_order_relaxed)) {
                if (io::posted* next = place.exchange(nullptr, std::memory_order_acquire))
                    next->post();
                else
                    std::this_thread::yield();
            }
        });
    }
    task_scope scope;
    for (std::atomic<io::posted*>& place : places)
        scope.spawn(wait_for_one_of_many(loop, &place, &count));
    co_await scope.join();
    enough.store(true);
    for (std::thread& each : posters)
        each.join();
    co_return count;
}

TEST_P(posted, loses_no_wake_up_of_several_threads) {
    ASSERT_TRUE(loop().open_door().has_value());
    EXPECT_EQ(run(serve_four_threads(&loop())), 800);
}

void destroy_unawaited(io::event_loop* loop) {
    static_cast<void>(loop->open_door());
    io::posted never{*loop};
}

TEST_P(posted, dies_where_it_goes_while_another_thread_may_hold_it) {
    EXPECT_DEATH(destroy_unawaited(&loop()), "assertion failed: state");
}

void post_through_no_door(io::event_loop* loop) {
    io::posted never{*loop};
}

TEST_P(posted, needs_an_open_door) {
    EXPECT_DEATH(post_through_no_door(&loop()), "assertion failed: door_");
}

std::error_code open_without_descriptors(io::event_loop* loop) {
    rlimit limits{};
    if (::getrlimit(RLIMIT_NOFILE, &limits) != 0)
        return {};
    rlimit none = limits;
    none.rlim_cur = 0;
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0)
        return {};
    const result<> opened = loop->open_door();
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limits));
    return opened ? std::error_code{} : opened.error();
}

TEST_P(posted, says_so_where_the_kernel_gives_no_descriptor) {
    EXPECT_EQ(open_without_descriptors(&loop()), std::errc::too_many_files_open);
    EXPECT_TRUE(loop().open_door().has_value());
}

} // namespace
