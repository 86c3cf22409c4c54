// SPDX-License-Identifier: Apache-2.0
// Deadlines on a scripted network, with a wall clock that is the test's: all times are exact.
#include <spry/core/task_scope.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/runtime.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/handler_api/stream.hpp>
#include <spry/http/limits.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/listener.hpp>
#include <spry/io/program_image.hpp>
#include <spry/io/socket.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include "support/captured_output.hpp"
#include "support/simulated_runtime_api.hpp"

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace io = spry::io;

using spry::context;
using spry::event;
using spry::function;
using spry::response;
using spry::result;
using spry::stop_source;
using spry::stream_writer;
using spry::task;
using spry::task_scope;
using spry::tests::captured_output;
using spry::tests::service_faults;
using spry::tests::simulated_event;
using spry::tests::simulated_runtime_api;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using wall_time = std::chrono::system_clock::time_point;

constexpr wall_time wall_beginning{std::chrono::seconds{1'800'000'000}};
wall_time wall;

wall_time read_wall() noexcept {
    return wall;
}

constexpr milliseconds limit = 15min;
constexpr std::string_view about_to_miss = "the handler is about to miss its deadline";

struct given_run {
    milliseconds deadline = limit; // from the beginning of the run, by the wall clock
    milliseconds margin = context::default_stop_margin;
    int workers = 1;
    std::vector<std::string> events{"a"}; // the ids; each event is its own id
    service_faults faults = {};
};

struct outcome {
    std::vector<std::string> answers; // "id: response BODY"
    std::string log;
    io::clock::duration took{};

    // What is behind "awaits=", in each report.
    std::vector<std::string> reports() const {
        std::vector<std::string> found;
        constexpr std::string_view name = "\tawaits=";
        for (std::size_t at = log.find(about_to_miss); at != log.npos;
             at = log.find(about_to_miss, at + 1)) {
            const std::size_t begin = log.find(name, at) + name.size();
            found.push_back(log.substr(begin, log.find('\n', begin) - begin));
        }
        return found;
    }
};

task<> work(io::event_loop* loop, io::address at, const function* handler, milliseconds margin) {
    const std::string where_text = at.to_string();
    const spry::endpoint_parse where = spry::parse_endpoint(where_text);
    const auto memory = std::make_unique<std::byte[]>(spry::http::client_buffer_bytes);
    const spry::environment variables;
    spry::runtime_client client{*loop, where.value, at,
                                std::span{memory.get(), spry::http::client_buffer_bytes},
                                spry::log_level::error};
    const spry::invocation_hooks hooks{nullptr, nullptr, margin};
    spry::runtime worker{*loop, variables, client, *handler, spry::log_level::error, hooks};
    (void)co_await worker.run();
}

task<> work_against(simulated_runtime_api* service, io::event_loop* loop, const function* handler,
                    const given_run* given) {
    stop_source over;
    task_scope serving;
    serving.spawn(service->run(over.token()));
    task_scope working;
    for (int i = 0; i < given->workers; ++i)
        working.spawn(work(loop, service->address(), handler, given->margin));
    co_await working.join();
    over.request_stop();
    co_await serving.join();
}

outcome run(const function& handler, const given_run& given = {}) {
    outcome ended;
    captured_output log;
    wall = wall_beginning;
    {
        const auto deadline = std::chrono::duration_cast<milliseconds>(
            (wall_beginning + given.deadline).time_since_epoch());
        std::vector<simulated_event> events;
        for (const std::string& id : given.events) {
            simulated_event& made = events.emplace_back();
            made.id = id;
            made.body = '"' + id + '"';
            made.deadline = std::to_string(deadline.count());
            made.handled = 1; // nobody counts here
        }
        io::testing::script how;
        how.wall_clock = read_wall;
        const auto loop = io::testing::make_scripted_loop(how);
        const io::time_point before = loop->now();
        simulated_runtime_api service{*loop, how.seed, given.faults, std::move(events)};
        loop->run(work_against(&service, loop.get(), &handler, &given));
        ended.took = loop->now() - before;
        for (const simulated_event& each : service.events()) {
            for (const std::string& answer : each.answers)
                ended.answers.push_back(each.id + ": " + answer);
        }
        ended.answers.insert(ended.answers.end(), service.nonsense().begin(),
                             service.nonsense().end());
    }
    ended.log = log.finish();
    return ended;
}

using texts = std::vector<std::string>;

// --- when ---

task<std::string> sleep_until_stopped(event, context& about) {
    const result<> slept = co_await about.loop().sleep_for(1h, about.stop());
    co_return slept ? "slept" : "stopped";
}

TEST(stop_margin, is_how_long_before_the_deadline_a_handler_is_stopped) {
    const function patient{"f", sleep_until_stopped};
    struct {
        milliseconds deadline;
        milliseconds margin;
        milliseconds expected;
    } const rows[] = {
        {limit, 100ms, limit - 100ms},
        {limit, 10s, limit - 10s},
        {limit, 0ms, limit},
        {limit, limit, 0ms},
        {limit, 24h, 0ms}, // more than there is
        {1ms, 100ms, 0ms},
        {-1s, 100ms, 0ms}, // the deadline is in the past
        {-1s, 0ms, 0ms},
    };
    for (const auto& row : rows) {
        given_run given;
        given.deadline = row.deadline;
        given.margin = row.margin;
        const outcome ended = run(patient, given);
        EXPECT_EQ(ended.answers, (texts{"a: response \"stopped\""}));
        EXPECT_EQ(ended.took, row.expected)
            << row.deadline.count() << " ms, margin " << row.margin.count() << " ms";
        EXPECT_EQ(ended.reports(), texts{}) << ended.log;
    }
}

TEST(stop_margin, is_what_should_stop_goes_by_in_a_handler_that_never_suspends) {
    const function busy{"f", [](event, context& about) {
                            int seconds = 0;
                            for (; !about.should_stop(); ++seconds)
                                wall += 1s;
                            return seconds;
                        }};
    given_run given;
    for (const auto& [margin, expected] :
         {std::pair{100ms, "900"}, std::pair{10'000ms, "890"}, std::pair{0ms, "900"}}) {
        given.margin = margin;
        EXPECT_EQ(run(busy, given).answers, (texts{std::string{"a: response "} + expected}));
    }
}

task<> move_wall_clock(io::event_loop* loop, milliseconds when, milliseconds by) {
    (void)co_await loop->sleep_for(when);
    wall += by;
}

template <int Minutes>
task<std::string> see_the_wall_clock_jump(event, context& about) {
    task_scope beside;
    beside.spawn(move_wall_clock(&about.loop(), 10'500ms, std::chrono::minutes{Minutes}));
    const result<> slept = co_await about.loop().sleep_for(1h, about.stop());
    co_await beside.join();
    const auto left =
        std::chrono::duration_cast<std::chrono::minutes>(about.remaining_time()).count();
    co_return std::string{slept ? "slept, " : "stopped, "} + std::to_string(left);
}

// As over a freeze: the loop's clock has stood still, and the wall clock is read once a second.
TEST(contract_1_4, a_handler_is_stopped_when_the_wall_clock_has_jumped_past_the_deadline) {
    const outcome ended = run({"f", see_the_wall_clock_jump<20>});
    EXPECT_EQ(ended.answers, (texts{"a: response \"stopped, 0\""}));
    EXPECT_EQ(ended.took, 11s);
}

// Whoever sets the clock back gives nobody more time; the remaining time is what that clock says.
TEST(contract_1_4, a_handler_is_stopped_in_time_when_the_wall_clock_was_set_back) {
    const outcome ended = run({"f", see_the_wall_clock_jump<-60>});
    EXPECT_EQ(ended.answers, (texts{"a: response \"stopped, 75\""}));
    EXPECT_EQ(ended.took, limit - context::default_stop_margin);
}

// --- what ---

// Where the code of the coroutine that awaits this begins, as a report has it.
struct own_code {
    std::string* text;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> self) const {
        const void* const code = *static_cast<const void* const*>(self.address());
        std::array<char, 20> digits;
        const auto end =
            std::to_chars(digits.data(), digits.data() + digits.size(), io::link_address(code), 16);
        *text = "0x" + std::string{digits.data(), end.ptr};
        return false;
    }
    void await_resume() const noexcept {}
};

task<> sleep_deaf(io::event_loop* loop, std::string* code) {
    co_await own_code{code};
    (void)co_await loop->sleep_for(1h);
}

// The parts of a report without the build id, which is the last one.
texts awaited_in(const std::string& report) {
    texts parts;
    for (std::size_t begin = 0; begin < report.size();) {
        const std::size_t end = std::min(report.find("; ", begin), report.size());
        parts.push_back(report.substr(begin, end - begin));
        begin = end + 2;
    }
    if (parts.empty() || !parts.back().starts_with("build id "))
        return {"no build id in: " + report};
    parts.pop_back();
    return parts;
}

bool is_begun(const std::string& text, const std::string& with) {
    return text.starts_with(with + ", in 0x");
}

TEST(deadline_report, names_what_a_stuck_handler_awaits_and_through_which_coroutines) {
    std::string outer;
    std::string inner;
    const function stubborn{"f", [&](event given, context& about) -> task<response> {
                                co_await own_code{&outer};
                                if (about.request_id() == "a")
                                    co_await sleep_deaf(&about.loop(), &inner);
                                co_return response::json(given.bytes());
                            }};
    given_run given;
    given.events = {"a", "b"};
    const outcome ended = run(stubborn, given);
    EXPECT_EQ(ended.answers, (texts{"a: response \"a\"", "b: response \"b\""}));
    ASSERT_EQ(ended.reports().size(), 1u) << ended.log;
    EXPECT_NE(ended.log.find("\ta\tERROR\t" + std::string{about_to_miss}), std::string::npos);
    EXPECT_EQ(awaited_in(ended.reports()[0]),
              (texts{"sleep of 3600000 ms for 899950 ms, in " + inner + " " + outer}));
}

// Half of the margin, and at most 200 ms, before the deadline; at once where there is no such time.
TEST(deadline_report, comes_while_there_is_time_to_write_it) {
    const function deaf{"f", [](event, context& about) -> task<std::string> {
                            std::string code;
                            co_await sleep_deaf(&about.loop(), &code);
                            co_return "late";
                        }};
    struct {
        milliseconds deadline;
        milliseconds margin;
        std::string expected;
    } const rows[] = {
        {limit, 0ms, "900000"}, {limit, 20ms, "899990"}, {limit, 10s, "899800"},
        {limit, 24h, "899800"}, {-1s, 100ms, "0"},
    };
    for (const auto& row : rows) {
        given_run given;
        given.deadline = row.deadline;
        given.margin = row.margin;
        const outcome ended = run(deaf, given);
        EXPECT_EQ(ended.answers, (texts{"a: response \"late\""}));
        ASSERT_EQ(ended.reports().size(), 1u) << ended.log;
        const texts awaited = awaited_in(ended.reports()[0]);
        ASSERT_EQ(awaited.size(), 1u) << ended.log;
        EXPECT_TRUE(is_begun(awaited[0], "sleep of 3600000 ms for " + row.expected + " ms"))
            << awaited[0];
    }
}

task<> await_event(io::async_event* event) {
    (void)co_await event->wait();
}
task<> receive_deaf(io::socket* from) {
    std::array<std::byte, 1> room;
    (void)co_await from->recv(room);
}
task<> accept_and_keep(io::listener* at, std::optional<io::socket>* far, io::event_loop* loop) {
    result<io::unique_fd> accepted = co_await at->accept();
    far->emplace(*loop, std::move(accepted).value());
}
task<> end_all(io::event_loop* loop, io::async_event* event, std::optional<io::socket>* far) {
    (void)co_await loop->sleep_for(20min);
    event->set();
    far->reset();
}

// Several at once; those of the Runtime API, which is on the same loop here, are no business of the
// handler's.
TEST(deadline_report, names_all_that_is_awaited_and_nothing_else) {
    int fd = -1;
    const function busy{
        "f", [&fd](event given, context& about) -> task<response> {
            io::event_loop& loop = about.loop();
            io::listener listening = io::listener::bind(loop, io::address::loopback_v4(0)).value();
            io::socket near = io::socket::connect_blocking(loop, listening.local_address()).value();
            fd = near.fd();
            std::optional<io::socket> far;
            co_await accept_and_keep(&listening, &far, &loop);
            (void)co_await loop.sleep_for(5min);
            io::async_event happened{loop};
            task_scope scope;
            scope.spawn(receive_deaf(&near));
            scope.spawn(await_event(&happened));
            scope.spawn(end_all(&loop, &happened, &far));
            co_await scope.join();
            co_return response::json(given.bytes());
        }};
    const outcome ended = run(busy);
    EXPECT_EQ(ended.answers, (texts{"a: response \"a\""}));
    ASSERT_EQ(ended.reports().size(), 1u) << ended.log;
    const texts awaited = awaited_in(ended.reports()[0]);
    ASSERT_EQ(awaited.size(), 3u) << ended.log;
    const std::string receive = "receive on descriptor " + std::to_string(fd);
    EXPECT_TRUE(is_begun(awaited[0], receive + " for 599950 ms")) << awaited[0];
    EXPECT_TRUE(is_begun(awaited[1], "wait for another coroutine or thread for 599950 ms"))
        << awaited[1];
    EXPECT_TRUE(is_begun(awaited[2], "sleep of 1200000 ms for 599950 ms")) << awaited[2];
}

TEST(deadline_report, counts_what_is_too_much_to_name) {
    const function crowded{"f", [](event, context& about) -> task<> {
                               std::string code;
                               task_scope scope;
                               for (int i = 0; i < 100; ++i)
                                   scope.spawn(sleep_deaf(&about.loop(), &code));
                               co_await scope.join();
                           }};
    const outcome ended = run(crowded);
    ASSERT_EQ(ended.reports().size(), 1u) << ended.log;
    const texts awaited = awaited_in(ended.reports()[0]);
    ASSERT_EQ(awaited.size(), 9u);
    EXPECT_EQ(awaited[8], "92 more");
}

task<> sleep_below(io::event_loop* loop, int levels) {
    if (levels == 0)
        (void)co_await loop->sleep_for(1h);
    else
        co_await sleep_below(loop, levels - 1);
}

TEST(deadline_report, leaves_out_the_outer_ones_of_many_coroutines) {
    const function deep{
        "f", [](event, context& about) -> task<> { co_await sleep_below(&about.loop(), 100); }};
    const outcome ended = run(deep);
    ASSERT_EQ(ended.reports().size(), 1u) << ended.log;
    const texts awaited = awaited_in(ended.reports()[0]);
    ASSERT_EQ(awaited.size(), 1u);
    EXPECT_TRUE(is_begun(awaited[0], "sleep of 3600000 ms for 899950 ms")) << awaited[0];
    EXPECT_TRUE(awaited[0].ends_with(" and others")) << awaited[0];
}

// Something of the program's own that no loop knows of.
struct foreign_wait {
    std::coroutine_handle<>* who;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) const noexcept { *who = waiter; }
    void await_resume() const noexcept {}
};
task<> resume_later(io::event_loop* loop, std::coroutine_handle<>* who) {
    (void)co_await loop->sleep_for(1h);
    who->resume();
}

TEST(deadline_report, says_so_where_it_knows_nothing) {
    std::optional<task<>> beside;
    std::coroutine_handle<> who;
    const function lonely{"f", [&](event given, context& about) -> task<response> {
                              beside.emplace(resume_later(&about.loop(), &who));
                              beside->start();
                              co_await foreign_wait{&who};
                              co_return response::json(given.bytes());
                          }};
    const outcome ended = run(lonely);
    EXPECT_EQ(ended.answers, (texts{"a: response \"a\""}));
    ASSERT_EQ(ended.reports().size(), 1u) << ended.log;
    EXPECT_EQ(awaited_in(ended.reports()[0]), (texts{"nothing that the event loop knows of"}));
}

TEST(deadline_report, is_for_a_producer_too) {
    const function patient{"f", [](event, context& about) {
                               return about.stream(
                                   [](stream_writer& out, context& here) -> task<> {
                                       (void)co_await out.write("begun");
                                       (void)co_await here.loop().sleep_for(1h);
                                   },
                                   about);
                           }};
    const outcome ended = run(patient);
    EXPECT_EQ(ended.answers, (texts{"a: streamed begun"}));
    ASSERT_EQ(ended.reports().size(), 1u) << ended.log;
    const texts awaited = awaited_in(ended.reports()[0]);
    ASSERT_EQ(awaited.size(), 1u) << ended.log;
    EXPECT_TRUE(is_begun(awaited[0], "sleep of 3600000 ms for 899950 ms")) << awaited[0];
}

// The Runtime API takes nothing for 20 minutes: what the stream holds is full.
TEST(deadline_report, names_a_write_that_nobody_takes) {
    const std::string text(1 << 20, 'x');
    const function lavish{"f", [&text](event, context& about) {
                              return about.stream(
                                  [](stream_writer& out, const std::string* all) -> task<> {
                                      const result<> written = co_await out.write(*all);
                                      (void)written;
                                  },
                                  &text);
                          }};
    given_run given;
    given.faults.pause = 20min;
    const outcome ended = run(lavish, given);
    EXPECT_EQ(ended.answers, (texts{"a: streamed " + text}));
    ASSERT_EQ(ended.reports().size(), 1u) << ended.log;
    const texts awaited = awaited_in(ended.reports()[0]);
    ASSERT_EQ(awaited.size(), 1u) << ended.log;
    EXPECT_TRUE(awaited[0].starts_with("send on descriptor ")) << awaited[0];
    EXPECT_NE(awaited[0].find(" for 899950 ms, in 0x"), std::string::npos) << awaited[0];
}

task<> sleep_as_told(io::event_loop* loop, milliseconds time) {
    (void)co_await loop->sleep_for(time);
}

TEST(deadline_report, is_one_for_each_of_several_workers_and_names_what_that_one_awaits) {
    const function stubborn{"f", [](event given, context& about) -> task<response> {
                                const bool is_first = about.request_id() == "a";
                                co_await sleep_as_told(&about.loop(), is_first ? 1h : 2h);
                                co_return response::json(given.bytes());
                            }};
    given_run given;
    given.workers = 2;
    given.events = {"a", "b"};
    const outcome ended = run(stubborn, given);
    EXPECT_EQ(ended.answers, (texts{"a: response \"a\"", "b: response \"b\""}));
    EXPECT_EQ(ended.took, 2h);
    ASSERT_EQ(ended.reports().size(), 2u) << ended.log;
    for (const std::string& id : given.events) {
        const std::string record = "\t" + id + "\tERROR\t" + std::string{about_to_miss} +
                                   "\tawaits=sleep of " + (id == "a" ? "3600000" : "7200000") +
                                   " ms for 899950 ms, in 0x";
        EXPECT_NE(ended.log.find(record), std::string::npos) << ended.log;
    }
    for (const std::string& report : ended.reports())
        EXPECT_EQ(awaited_in(report).size(), 1u) << report;
}

} // namespace
