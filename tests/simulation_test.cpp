// SPDX-License-Identifier: Apache-2.0
// Thousands of small worlds, each from a seed: workers, a Runtime API that misbehaves, and a
// network that does whatever networks do. In none of them may an event be lost, answered twice, or
// answered with what belongs to another.
//
// SPRY_SEEDS says how many, of each test; SPRY_SEED=N runs one again and prints what has happened.
#include <spry/core/base64.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/handler_api/detail/worker_pool.hpp>
#include <spry/handler_api/endpoint.hpp>
#include <spry/handler_api/function.hpp>
#include <spry/handler_api/runtime.hpp>
#include <spry/handler_api/runtime_client.hpp>
#include <spry/handler_api/stream.hpp>
#include <spry/http/limits.hpp>
#include <spry/io/termination.hpp>
#include <spry/io/testing/random.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include "support/captured_output.hpp"
#include "support/simulated_runtime_api.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

namespace io = spry::io;

using io::testing::random_source;
using spry::byte_generator;
using spry::context;
using spry::event;
using spry::response;
using spry::result;
using spry::stop_source;
using spry::stop_token;
using spry::stream_writer;
using spry::task;
using spry::task_scope;
using spry::tests::captured_output;
using spry::tests::service_faults;
using spry::tests::simulated_event;
using spry::tests::simulated_runtime_api;

/// A mistake that is made on purpose, to see that it is found.
enum class planted {
    nothing,
    body_of_another, ///< a handler answers with what it was asked the last time
    altered_bytes,   ///< the network changes some
    late_memory,     ///< a handler borrows memory that is overwritten before the answer has left
    missing_worker,  ///< one of several does not run
};

/// One world: everything in it is drawn from its seed.
struct plan {
    std::uint64_t seed;
    io::testing::script network;
    service_faults service;
    std::vector<simulated_event> events;
    unsigned workers = 1; ///< on connections of their own; more than one are a worker_pool
    bool pipelines = false;
    planted mistake = planted::nothing;
};

std::string text_from(random_source& random, std::size_t size) {
    std::string text;
    text.reserve(size + 8);
    while (text.size() < size) {
        std::uint64_t word = random.next();
        for (int i = 0; i < 12; ++i, word >>= 5)
            text.push_back("abcdefghijklmnopqrstuvwxyz012345"[word & 31]);
    }
    text.resize(size);
    return text;
}

// A rate that is off in many worlds, so that faults meet alone and together.
unsigned rate(random_source& random, unsigned most) {
    return random.chance(500) ? 0 : static_cast<unsigned>(random.below(most + 1));
}

/// Whether a process has one worker or several.
enum class process { alone, shared };

plan plan_of(std::uint64_t seed, process of, planted mistake = planted::nothing) {
    random_source random{seed};
    plan made{};
    made.seed = seed;
    made.mistake = mistake;
    made.network.seed = random.next();
    io::testing::faults& network = made.network.faults;
    network.short_receives = rate(random, 400);
    network.short_sends = rate(random, 400);
    network.again = rate(random, 400);
    network.reordered = rate(random, 500);
    network.resets = rate(random, 80);
    network.refusals = rate(random, 300);
    network.accept_failures = rate(random, 200);
    network.delays = rate(random, 500);
    network.clock_jumps = rate(random, 100);
    if (mistake == planted::altered_bytes)
        network.altered_bytes = 100;
    made.network.stream_bytes_max = random.chance(300) ? 512 : 64 * 1024;
    service_faults& service = made.service;
    service.no_event = rate(random, 300);
    service.chunked = rate(random, 900);
    service.closes = rate(random, 300);
    service.closes_silently = rate(random, 300);
    service.refuses = rate(random, 200);
    service.refuses_early = rate(random, 200);
    service.forgets = rate(random, 200);
    service.fails = rate(random, 50);
    if (of == process::shared)
        made.workers = 2 + static_cast<unsigned>(random.below(7));
    made.pipelines = random.chance(500);
    const std::uint64_t count = random.up_to(of == process::shared ? 3 * made.workers : 8);
    for (std::uint64_t i = 0; i < count; ++i) {
        simulated_event next;
        // One draw for each statement: compilers differ in which operand they evaluate first.
        next.id = "etsbgwf"[random.below(7)];
        next.id += "-" + std::to_string(i) + "-";
        next.id += text_from(random, 8);
        // Answers that fit behind their head are sent with it, the others from where they lie.
        const bool fits_behind_head = random.chance(500);
        std::uint64_t size_max = fits_behind_head ? 400 : 6'000;
        if (random.chance(100))
            size_max = 150'000;
        next.body = text_from(random, random.below(size_max));
        made.events.push_back(std::move(next));
    }
    return made;
}

/// What the handlers of one world share.
struct world {
    world(io::event_loop& at, const plan& drawn)
        : loop(at), service(at, drawn.seed, drawn.service, drawn.events), how(drawn) {}

    io::event_loop& loop;
    simulated_runtime_api service;
    const plan& how;
    random_source random{how.seed ^ 0x5eed};
    std::string last_body = "nothing yet";
    std::vector<std::unique_ptr<std::string>> lent; // for `planted::late_memory`
    task_scope lenders;
    bool is_stuck = false;
    int exit_code = -1;
};

// The kind of a handler is the first letter of an id: e echoes, borrowed; t throws; s suspends and
// answers from the arena; b answers with a string of its own; g yields its answer in pieces; w
// writes it and throws behind it; f throws before a stream's first byte.
std::string expected_answer(const simulated_event& asked) {
    const std::string document = "{\"errorMessage\":\"" + asked.id +
                                 "\",\"errorType\":\"std::runtime_error\",\"stackTrace\":[]}";
    switch (asked.id.front()) {
    case 'g':
        return "streamed " + asked.id + asked.body;
    case 'w':
        return "streamed " + asked.id + asked.body +
               "|Lambda-Runtime-Function-Error-Type: Function.RuntimeError\r\n"
               "Lambda-Runtime-Function-Error-Body: " +
               spry::base64::encode(document) + "\r\n";
    case 'f':
    case 't':
        return "error " + document;
    case 's':
        return "response " + asked.id + ":" + asked.body;
    case 'b':
        return "response " + asked.body + asked.id;
    default:
        return "response " + asked.body;
    }
}

task<> overwrite_soon(world* in, std::string* memory) {
    (void)co_await in->loop.yield();
    std::ranges::fill(*memory, '#');
}

task<> pause(world* in, context* about) {
    for (std::uint64_t times = in->random.below(3); times > 0; --times) {
        const std::chrono::microseconds length{in->random.below(20'000)};
        (void)co_await in->loop.sleep_for(length, about->stop());
    }
}

// Pieces of any size, some of them empty.
std::string_view take_piece(world* in, std::string_view& left) {
    const std::string_view piece = left.substr(0, in->random.below(left.size() + 2));
    left.remove_prefix(piece.size());
    return piece;
}

byte_generator yield_answer(world* in, event given, context* about) {
    co_yield std::string{about->request_id()};
    std::string_view left = given.text();
    while (!left.empty()) {
        co_yield take_piece(in, left);
        co_await pause(in, about);
    }
}

task<> write_answer(stream_writer& out, world* in, event given, context* about) {
    co_await pause(in, about);
    const std::string id{about->request_id()};
    if (id.front() == 'f')
        throw std::runtime_error{id};
    if (in->random.chance(300))
        (void)co_await out.flush();
    (void)co_await out.write(id);
    std::string_view left = given.text();
    while (!left.empty()) {
        (void)co_await out.write(take_piece(in, left));
        co_await pause(in, about);
    }
    throw std::runtime_error{id};
}

task<response> answer(world* in, event given, context* about) {
    const std::string id{about->request_id()};
    simulated_event* const asked = in->service.find(id);
    if (asked == nullptr)
        throw std::logic_error{"an id that nobody has sent: " + id};
    ++asked->handled;
    if (in->how.mistake == planted::body_of_another)
        co_return response::json(std::exchange(in->last_body, std::string{given.text()}));
    switch (id.front()) {
    case 't':
        throw std::runtime_error{id};
    case 's': {
        for (std::uint64_t times = in->random.below(4); times > 0; --times) {
            const std::chrono::microseconds pause{in->random.below(20'000)};
            (void)co_await in->loop.sleep_for(pause, about->stop());
        }
        auto* const text = static_cast<char*>(about->arena().allocate(
            std::max<std::size_t>(1, id.size() + 1 + given.text().size()), 1));
        char* end = std::ranges::copy(id, text).out;
        *end++ = ':';
        end = std::ranges::copy(given.text(), end).out;
        co_return response::text(std::string_view{text, end});
    }
    case 'b':
        co_return response::text(std::string{given.text()} + id);
    case 'g':
        co_return about->stream(yield_answer, in, given, about);
    case 'w':
    case 'f':
        co_return about->stream(write_answer, in, given, about);
    default:
        break;
    }
    if (in->how.mistake == planted::late_memory) {
        in->lent.push_back(std::make_unique<std::string>(given.text()));
        in->lenders.spawn(overwrite_soon(in, in->lent.back().get()));
        co_return response::json(std::string_view{*in->lent.back()});
    }
    co_return response::json(given.bytes());
}

struct simulated_handler {
    world* in;
    task<response> operator()(event given, context& about) const {
        return answer(in, given, &about);
    }
};

// What all workers of a world are given.
struct function_of {
    explicit function_of(world* in)
        : where_text(in->service.address().to_string()),
          where(spry::parse_endpoint(where_text).value),
          peer(in->service.address()),
          handler("f", simulated_handler{in}) {
        variables.pipeline = in->how.pipelines;
    }

    std::string where_text;
    spry::endpoint where;
    io::address peer;
    spry::function handler;
    spry::environment variables;
};

task<> work_alone(world* in) {
    const function_of given{in};
    const auto memory = std::make_unique<std::byte[]>(spry::http::client_buffer_bytes);
    spry::runtime_client client{in->loop,
                                given.where,
                                given.peer,
                                {memory.get(), spry::http::client_buffer_bytes},
                                spry::log_level::error,
                                in->how.pipelines};
    spry::runtime worker{in->loop, given.variables, client, given.handler, spry::log_level::error};
    in->exit_code = co_await worker.run();
}

task<> work_together(world* in) {
    const function_of given{in};
    const unsigned count = in->how.workers;
    const spry::detail::worker_settings settings{
        given.variables, given.where, given.peer, given.handler, spry::log_level::error, {}, count};
    io::termination::make_places(count);
    const unsigned missing = in->how.mistake == planted::missing_worker ? 1 : 0;
    spry::detail::worker_pool pool{in->loop, settings, 0, count - missing};
    in->exit_code = co_await pool.run();
}

// Nothing in a world takes anywhere near as long as this, by its own time.
constexpr std::chrono::hours patience{1};

task<> watch(world* in, stop_token over) {
    std::uint64_t seen = 0;
    while (true) {
        const result<> slept = co_await in->loop.sleep_for(patience, over);
        if (!slept)
            co_return;
        if (seen == in->service.requests()) {
            in->is_stuck = true;
            in->service.hang_up();
        }
        seen = in->service.requests();
    }
}

task<> live(world* in) {
    stop_source over;
    task_scope service;
    service.spawn(in->service.run(over.token()));
    service.spawn(watch(in, over.token()));
    task<> work = in->how.workers == 1 ? work_alone(in) : work_together(in);
    co_await std::move(work);
    co_await in->lenders.join();
    over.request_stop();
    co_await service.join();
}

/// How often the log says of this event that its answer did not get through, or may not have.
std::size_t reports_of(std::string_view log, std::string_view id) {
    constexpr std::string_view phrases[] = {
        "whether it arrived is unknown", "the answer is lost: cannot connect",
        "the connection broke in the middle of a streamed answer",
        "the Runtime API did not take the answer", "the Runtime API failed; "};
    const std::string field = "\trequestId=" + std::string{id} + "\t";
    std::size_t count = 0;
    for (std::size_t begin = 0; begin < log.size();) {
        const std::size_t end = std::min(log.find('\n', begin), log.size());
        const std::string_view line = log.substr(begin, end - begin);
        const bool is_report = std::ranges::any_of(
            phrases, [&](std::string_view phrase) { return line.find(phrase) != line.npos; });
        count += is_report && line.find(field) != line.npos ? 1 : 0;
        begin = end + 1;
    }
    return count;
}

/// How many workers the log says have ended: nothing but a FATAL record ends one here.
unsigned ended_workers(std::string_view log) {
    unsigned count = 0;
    for (std::size_t at = log.find("\tFATAL\t"); at != log.npos; at = log.find("\tFATAL\t", at + 1))
        ++count;
    return count;
}

/// What is known of a world that has ended.
struct ledger {
    std::vector<simulated_event> events;
    std::vector<std::string> nonsense;
    std::string log;
    unsigned workers = 1;
    int exit_code = -1;
    bool may_break = false; ///< the network resets connections
    bool may_refuse = false;
    bool is_stuck = false;
};

// Each event has one end, and the right one. An empty text where that is so.
std::string judge_event(const simulated_event& of, const ledger& all) {
    const std::size_t reports = reports_of(all.log, of.id);
    const std::string name = "event " + of.id + " ";
    if (of.handled > 1)
        return name + "was handled twice";
    if (of.answers.size() > 1)
        return name + "was answered twice";
    if (reports > 1)
        return name + "was reported twice";
    if (of.handled == 0) {
        if (!of.answers.empty() || reports > 0)
            return name + "was not handled, but " + (reports > 0 ? "reported" : "answered");
        if (of.is_given && !all.may_break)
            return name + "was lost on its way";
        return {};
    }
    if (of.answers.empty() && reports == 0)
        return name + "was neither answered nor reported";
    if (of.answers.empty() && !of.is_troubled && !all.may_break && !all.may_refuse)
        return name + "was not answered, for no reason";
    if (reports > 0 && !of.answers.empty() && !of.is_troubled && !all.may_break)
        return name + "was answered, and reported for no reason";
    if (!of.answers.empty() && of.answers.front() != expected_answer(of))
        return name + "was answered wrongly: " + of.answers.front().substr(0, 200);
    return {};
}

std::string judge(const ledger& all) {
    if (all.is_stuck)
        return "nothing happened for an hour";
    if (!all.nonsense.empty())
        return "not understood: " + all.nonsense.front();
    // Each worker ends for a reason of its own, the last one too, and the process with the last
    // one: so an event is left only where no worker is.
    if (const unsigned ended = ended_workers(all.log); ended != all.workers)
        return std::to_string(ended) + " of " + std::to_string(all.workers) + " workers have ended";
    if (all.exit_code != 1)
        return "the exit code is " + std::to_string(all.exit_code);
    for (const simulated_event& each : all.events) {
        std::string problem = judge_event(each, all);
        if (!problem.empty())
            return problem;
    }
    return {};
}

struct verdict {
    std::string problem; // empty: none
    std::string log;
    io::testing::record record;
    std::size_t answered = 0;
};

verdict simulate(const plan& drawn) {
    verdict found;
    ledger all;
    captured_output log;
    {
        const auto loop = io::testing::make_scripted_loop(drawn.network, &found.record);
        world made{*loop, drawn};
        loop->run(live(&made));
        all.events = std::move(made.service.events());
        all.nonsense = made.service.nonsense();
        all.is_stuck = made.is_stuck;
        all.exit_code = made.exit_code;
    }
    all.log = log.finish();
    all.workers = drawn.workers;
    all.may_break = drawn.network.faults.resets > 0;
    all.may_refuse = drawn.network.faults.refusals > 0;
    for (const simulated_event& each : all.events)
        found.answered += each.answers.size();
    found.problem = judge(all);
    found.log = std::move(all.log);
    return found;
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// The seed at work, for a process that dies of it: an assertion, or a sanitizer's finding.
volatile std::sig_atomic_t seed_at_work = 0;

void say_seed() {
    char digits[12];
    char* first = std::end(digits);
    *--first = '\n';
    for (int left = seed_at_work; left > 0; left /= 10)
        *--first = static_cast<char>('0' + left % 10);
    constexpr std::string_view text = "the process died in the world of SPRY_SEED=";
    [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    written = ::write(STDERR_FILENO, first, static_cast<std::size_t>(std::end(digits) - first));
}

void on_abort(int) {
    say_seed();
    ::signal(SIGABRT, SIG_DFL);
}

// What debug is not made for, release does in the same time.
#ifdef NDEBUG
constexpr std::uint64_t seeds_by_default = 10'000;
#else
constexpr std::uint64_t seeds_by_default = 300;
#endif

class simulation : public testing::TestWithParam<process> {};
INSTANTIATE_TEST_SUITE_P(workers, simulation, testing::Values(process::alone, process::shared),
                         [](const auto& each) {
                             return each.param == process::alone ? "one" : "several";
                         });

TEST_P(simulation, loses_no_event_and_answers_none_twice) {
    const auto before = ::signal(SIGABRT, on_abort);
    const std::uint64_t only = number_from("SPRY_SEED", 0);
    const std::uint64_t count = only != 0 ? 1 : number_from("SPRY_SEEDS", seeds_by_default);
    const std::uint64_t first = only != 0 ? only : 1;
    std::uint64_t workers = 0;
    std::uint64_t events = 0;
    std::uint64_t answered = 0;
    std::uint64_t faults = 0;
    int failures = 0;
    for (std::uint64_t seed = first; seed < first + count && failures < 3; ++seed) {
        seed_at_work = static_cast<std::sig_atomic_t>(seed);
        plan drawn = plan_of(seed, GetParam());
        drawn.network.keeps_trace = only != 0;
        const verdict found = simulate(drawn);
        workers += drawn.workers;
        events += drawn.events.size();
        answered += found.answered;
        faults += found.record.faults_injected;
        if (only != 0)
            std::printf("%s%s", found.record.trace.c_str(), found.log.c_str());
        if (!found.problem.empty()) {
            ++failures;
            ADD_FAILURE() << "SPRY_SEED=" << seed << ": " << found.problem;
        }
    }
    ::signal(SIGABRT, before);
    std::printf("%llu seeds from %llu: %llu workers, %llu events, %llu answers, %llu faults\n",
                static_cast<unsigned long long>(count), static_cast<unsigned long long>(first),
                static_cast<unsigned long long>(workers), static_cast<unsigned long long>(events),
                static_cast<unsigned long long>(answered), static_cast<unsigned long long>(faults));
}

TEST_P(simulation, runs_a_seed_again_to_the_last_byte) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const verdict once = simulate(plan_of(seed, GetParam()));
        const verdict again = simulate(plan_of(seed, GetParam()));
        EXPECT_EQ(once.record.trace_hash, again.record.trace_hash) << seed;
        EXPECT_EQ(once.answered, again.answered) << seed;
    }
}

// How many of these seeds show the mistake.
int worlds_with_a_problem(process of, planted mistake) {
    int found = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed)
        found += simulate(plan_of(seed, of, mistake)).problem.empty() ? 0 : 1;
    return found;
}

TEST_P(simulation, finds_an_answer_that_belongs_to_another_event) {
    EXPECT_GT(worlds_with_a_problem(GetParam(), planted::body_of_another), 100);
}

TEST_P(simulation, finds_bytes_that_the_network_has_changed) {
    EXPECT_GT(worlds_with_a_problem(GetParam(), planted::altered_bytes), 20);
}

TEST_P(simulation, finds_memory_that_ended_before_its_answer_had_left) {
    EXPECT_GT(worlds_with_a_problem(GetParam(), planted::late_memory), 5);
}

TEST(simulation_of_several_workers, finds_that_one_of_them_does_not_run) {
    EXPECT_EQ(worlds_with_a_problem(process::shared, planted::missing_worker), 200);
}

} // namespace

// AddressSanitizer calls this before it ends the process.
extern "C" void __asan_on_error() {
    say_seed();
}
