// SPDX-License-Identifier: Apache-2.0
// The budgets of released functions, of the whole process in its default environment: what a warm
// invocation costs is the slope between the 200th and the 1,200th, what a start costs is counted
// from exec to the first GET. Each budget is held against a function with a plant in it, too.
#include "budget.hpp"
#include "local_function.hpp"

namespace {

using release::count;
using release::example;
using release::figures;
using release::function_under_test;
using release::strings;
using release::test_program;

// --- the budgets -------------------------------------------------------------------------------

constexpr double calls_direct = 4; // POST, its 202, GET, the event
constexpr double calls_epoll = 6;  // the same, and a wait before each of the two receives
constexpr double calls_ring = 2;   // each submits a send with a receive and waits once
// Pipelined: the process sleeps through the 202, whether the next event comes with it or later.
constexpr double calls_direct_pipelined = 2; // POST with GET, the 202 with the event
constexpr double calls_epoll_pipelined = 3;  // the same, and a wait
constexpr double calls_ring_pipelined = 1;   // all of it
// Measured are 0.11, and 0.5 with a ring of 8 entries.
constexpr double calls_ring_of_64 = 0.3;
// A second page of stack, one of the pool, and what the layout in cmake/function.ld cannot spare.
constexpr double start_faults_beyond_floor = 2;
// Of runs that something outside may disturb.
constexpr int attempts_max = 3;

// Of 11,000: the comparison, and the registers that a handler keeps for the record it does not
// write. Measured are 11 with a callable and 22 with fields.
constexpr double off_record_instructions = 32;

bool allocates_nothing(const figures& counted) {
    return counted.at("breakpoints") > 0 && counted.at("allocations") == 0;
}

bool takes_no_fault(const figures& counted) {
    return counted.at("minor_faults") == 0 && counted.at("major_faults") == 0;
}

// The kernel moves a page now and then, and whoever touches it next takes a fault: what the program
// itself does, it does each time.
figures count_faults(const function_under_test& of) {
    figures counted = count("count_faults", of);
    for (int attempt = 1; attempt != attempts_max && !takes_no_fault(counted); ++attempt)
        counted = count("count_faults", of);
    return counted;
}

bool makes_calls(const figures& counted, double budget) {
    return counted.at("calls_per_invocation") <= budget;
}

// --- a warm invocation -------------------------------------------------------------------------

class budget_of_backend : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        if (std::string_view(GetParam()) == "uring" && !release::ring_is_allowed())
            GTEST_SKIP() << "io_uring is refused here";
    }
    // Auto is what a function does by default: nothing is set.
    static strings chosen() {
        const std::string name = GetParam();
        return name == "auto" ? strings{} : strings{"SPRY_IO=" + name};
    }
    // What is really used.
    static std::string_view backend() {
        const std::string_view name = GetParam();
        if (name == "auto")
            return release::ring_is_allowed() ? "uring" : "direct";
        return name;
    }
    static double calls() {
        return backend() == "direct"  ? calls_direct
               : backend() == "epoll" ? calls_epoll
                                      : calls_ring;
    }
    static double calls_pipelined() {
        return backend() == "direct"  ? calls_direct_pipelined
               : backend() == "epoll" ? calls_epoll_pipelined
                                      : calls_ring_pipelined;
    }
};

INSTANTIATE_TEST_SUITE_P(budget, budget_of_backend,
                         testing::Values("direct", "epoll", "uring", "auto"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(budget_of_backend, makes_its_system_calls_and_no_more) {
    const figures echo = count("count_calls", {example("echo"), chosen()});
    SPRY_SKIP_WITHOUT_PTRACE(echo);
    EXPECT_TRUE(makes_calls(echo, calls())) << "budget " << calls() << "\n" << echo.text;
    const figures typed = count("count_calls", {example("hello"), chosen()});
    EXPECT_TRUE(makes_calls(typed, calls())) << "budget " << calls() << "\n" << typed.text;
}

TEST_P(budget_of_backend, makes_half_of_them_where_it_pipelines) {
    for (const strings& options : {strings{"--joined"}, strings{}}) {
        const figures echo =
            count("count_calls",
                  {example("echo"), release::joined(chosen(), {"SPRY_PIPELINE=1"}), options});
        SPRY_SKIP_WITHOUT_PTRACE(echo);
        EXPECT_TRUE(makes_calls(echo, calls_pipelined())) << "budget " << calls_pipelined() << "\n"
                                                          << echo.text;
    }
}

TEST_P(budget_of_backend, allocates_nothing_on_the_heap) {
    const figures counted = count("count_allocations", {example("echo"), chosen()});
    SPRY_SKIP_WITHOUT_PTRACE(counted);
    EXPECT_TRUE(allocates_nothing(counted)) << counted.text;
}

TEST_P(budget_of_backend, allocates_nothing_for_middleware) {
    for (const strings& variables : {strings{}, strings{"WRAPPED=refused"}}) {
        const figures counted = count(
            "count_allocations", {test_program("wrapped"), release::joined(chosen(), variables)});
        SPRY_SKIP_WITHOUT_PTRACE(counted);
        EXPECT_TRUE(allocates_nothing(counted)) << counted.text;
    }
}

TEST_P(budget_of_backend, takes_no_page_fault) {
    const figures echo = count_faults({example("echo"), chosen()});
    EXPECT_TRUE(takes_no_fault(echo)) << echo.text;
    const figures typed = count_faults({example("hello"), chosen()});
    EXPECT_TRUE(takes_no_fault(typed)) << typed.text;
}

TEST_P(budget_of_backend, takes_no_page_fault_for_a_string_body_of_128_KiB) {
    const figures counted =
        count_faults({test_program("string_body"), chosen(), {"--event", "131072"}});
    EXPECT_TRUE(takes_no_fault(counted)) << counted.text;
}

TEST(budget, a_million_small_allocating_invocations_never_start_mimalloc) {
    const function_under_test allocating{
        test_program("allocating"), {}, {"--answer", "--from", "200", "--to", "1000"}};
    const figures counted = count_faults(allocating);
    EXPECT_NE(counted.text.find("\"fallback\":0,"), std::string::npos) << counted.text;
    EXPECT_TRUE(takes_no_fault(counted)) << counted.text;
}

// --- with several workers, each of which always has an event ------------------------------------

// Warm once each has answered 200, as one alone is: those that pipeline walk through their receive
// buffers before they begin again.
function_under_test eight_workers(const strings& variables) {
    return {example("echo"), variables, {"--workers", "8", "--from", "1600", "--to", "3200"}};
}

// Where many wait at once there is no direct path. What they have in common, the wait that epoll or
// the ring does for all of them, costs each of them less: a bound is what it costs one alone.
TEST_P(budget_of_backend, makes_no_more_system_calls_with_several_workers) {
    const bool has_ring = backend() == "uring";
    const figures plain = count("count_calls", eight_workers(chosen()));
    SPRY_SKIP_WITHOUT_PTRACE(plain);
    EXPECT_TRUE(makes_calls(plain, has_ring ? calls_ring : calls_epoll)) << plain.text;
    const figures pipelined =
        count("count_calls", eight_workers(release::joined(chosen(), {"SPRY_PIPELINE=1"})));
    EXPECT_TRUE(makes_calls(pipelined, has_ring ? calls_ring_pipelined : calls_epoll_pipelined))
        << pipelined.text;
}

TEST_P(budget_of_backend, allocates_nothing_and_takes_no_page_fault_with_several_workers) {
    for (const strings& form : {strings{}, strings{"SPRY_PIPELINE=1"}}) {
        const function_under_test echo = eight_workers(release::joined(chosen(), form));
        const figures faults = count_faults(echo);
        EXPECT_TRUE(takes_no_fault(faults)) << faults.text;
        const figures allocations = count("count_allocations", echo);
        SPRY_SKIP_WITHOUT_PTRACE(allocations);
        EXPECT_TRUE(allocates_nothing(allocations)) << allocations.text;
    }
}

// A ring with room for them all: one call takes a whole round of 64.
TEST(budget, sixty_four_workers_share_their_system_calls_on_the_ring) {
    if (!release::ring_is_allowed())
        GTEST_SKIP() << "io_uring is refused here";
    const figures counted = count(
        "count_calls",
        {example("echo"), {"SPRY_IO=uring"}, {"--workers", "64", "--from", "640", "--to", "6400"}});
    SPRY_SKIP_WITHOUT_PTRACE(counted);
    EXPECT_TRUE(makes_calls(counted, calls_ring_of_64)) << counted.text;
}

// --- a streamed response -----------------------------------------------------------------------

// Written or yielded, small pieces or large ones: what a piece costs is the slope between two
// numbers of them.
function_under_test streaming(const strings& chosen, unsigned pieces, unsigned bytes,
                              const strings& options) {
    const strings shape{"PIECES=" + std::to_string(pieces), "PIECE_BYTES=" + std::to_string(bytes)};
    return {test_program("streaming"), release::joined(chosen, shape), options};
}

TEST_P(budget_of_backend, makes_one_system_call_for_each_piece_of_a_stream) {
    for (const strings& form : {strings{}, strings{"YIELDS=1"}}) {
        const strings variables = release::joined(chosen(), form);
        const strings warm{"--from", "50", "--to", "100"};
        const figures few = count("count_calls", streaming(variables, 10, 100, warm));
        SPRY_SKIP_WITHOUT_PTRACE(few);
        const figures many = count("count_calls", streaming(variables, 210, 100, warm));
        const double slope =
            (many.at("calls_per_invocation") - few.at("calls_per_invocation")) / 200;
        // And now and then a look at whether the Runtime API has something to say.
        EXPECT_GE(slope, 1) << few.text << many.text;
        EXPECT_LE(slope, 1.05) << few.text << many.text;
    }
}

TEST_P(budget_of_backend, allocates_nothing_on_the_heap_for_a_stream) {
    for (const strings& form : {strings{}, strings{"YIELDS=1"}}) {
        const figures counted =
            count("count_allocations", streaming(release::joined(chosen(), form), 50, 1000,
                                                 {"--from", "50", "--to", "100"}));
        SPRY_SKIP_WITHOUT_PTRACE(counted);
        EXPECT_TRUE(allocates_nothing(counted)) << counted.text;
    }
}

TEST_P(budget_of_backend, takes_no_page_fault_for_a_stream_of_200_MiB) {
    // Behind the second event, with which the forms of heads are learnt (http/head_form.hpp).
    const strings one_more{"--from", "2", "--to", "3"};
    const figures small = count("count_faults", streaming(chosen(), 200, 1024, one_more));
    const figures large = count_faults(streaming(chosen(), 200 * 1024, 1024, one_more));
    EXPECT_TRUE(takes_no_fault(large)) << large.text;
    // The kernel keeps the peak some pages off.
    EXPECT_LE(large.at("peak_kib"), small.at("peak_kib") + 64);
}

// --- with a record logged for each event -------------------------------------------------------

// Level and form as a function has them, and what is framed goes to a descriptor that is there.
const strings forms[] = {
    {},
    {"AWS_LAMBDA_LOG_FORMAT=JSON"},
    {"_LAMBDA_TELEMETRY_LOG_FD=2"},
    {"AWS_LAMBDA_LOG_FORMAT=JSON", "_LAMBDA_TELEMETRY_LOG_FD=2"},
};

TEST_P(budget_of_backend, makes_one_system_call_more_for_a_record) {
    for (const strings& form : forms) {
        const figures counted =
            count("count_calls",
                  {test_program("logging"), release::joined(chosen(), form), {}, {"logging"}});
        SPRY_SKIP_WITHOUT_PTRACE(counted);
        EXPECT_TRUE(makes_calls(counted, calls() + 1)) << counted.text;
        EXPECT_EQ(counted.at("call writev"), 1) << counted.text;
    }
}

TEST(budget, a_record_allocates_nothing_and_takes_no_page_fault) {
    for (const strings& form : forms) {
        const function_under_test logging{test_program("logging"), form, {}, {"logging"}};
        const figures allocations = count("count_allocations", logging);
        SPRY_SKIP_WITHOUT_PTRACE(allocations);
        EXPECT_TRUE(allocates_nothing(allocations)) << allocations.text;
        const figures faults = count_faults(logging);
        EXPECT_TRUE(takes_no_fault(faults)) << faults.text;
    }
}

TEST(budget, a_record_whose_level_is_off_costs_next_to_nothing) {
    const auto instructions = [](const char* name) {
        return count("count_instructions", {test_program("logging"),
                                            {"SPRY_IO=direct"},
                                            {"--from", "200", "--to", "210"},
                                            {name}});
    };
    const figures silent = instructions("silent");
    SPRY_SKIP_WITHOUT_PTRACE(silent);
    const double least = silent.at("instructions_per_invocation");
    for (const char* name : {"off", "off_lazily"}) {
        EXPECT_LE(instructions(name).at("instructions_per_invocation"),
                  least + off_record_instructions)
            << name;
    }
    EXPECT_GT(instructions("logging").at("instructions_per_invocation"),
              least + off_record_instructions);
}

// --- a start -----------------------------------------------------------------------------------

// The least of a few: what others do to the page cache meanwhile only adds.
figures count_start_faults(const function_under_test& of) {
    const auto faults = [](const figures& of_one) {
        return of_one.at("start_minor_faults") + of_one.at("start_major_faults");
    };
    figures least = count("count_faults", of);
    for (int attempt = 1; attempt != attempts_max; ++attempt) {
        const figures counted = count("count_faults", of);
        if (faults(counted) < faults(least))
            least = counted;
    }
    return least;
}

// CPUIDs, threads and system calls: startup_test.cpp.
TEST(budget, a_start_takes_few_page_faults_more_than_the_floor) {
    const strings briefly{"--from", "1", "--to", "2"};
    const figures floor = count_start_faults({release::built("bench/floor/floor"), {}, briefly});
    const figures echo = count_start_faults({example("echo"), {}, briefly});
    EXPECT_LE(echo.at("start_minor_faults"),
              floor.at("start_minor_faults") + start_faults_beyond_floor);
    EXPECT_EQ(echo.at("start_major_faults"), 0);
}

// --- the floor, which is what ratios mean something by -----------------------------------------

TEST(budget, the_floor_takes_5_page_faults_to_its_first_get_at_most) {
    const figures counted = count_faults({release::built("bench/floor/floor")});
    EXPECT_LE(counted.at("start_minor_faults"), 5);
    EXPECT_TRUE(takes_no_fault(counted)) << counted.text;
}

TEST(budget, the_floor_makes_4_system_calls_an_invocation_and_2_pipelined) {
    const std::string floor = release::built("bench/floor/floor");
    const figures plain = count("count_calls", {floor});
    SPRY_SKIP_WITHOUT_PTRACE(plain);
    EXPECT_EQ(plain.at("calls_per_invocation"), 4);
    const figures pipelined = count("count_calls", {floor, {}, {"--joined"}, {"pipelined"}});
    EXPECT_EQ(pipelined.at("calls_per_invocation"), 2);
}

TEST(budget, the_floor_makes_4_system_calls_to_its_first_get) {
    const release::held_port api;
    const release::finished ended = release::run_to_end(
        {release::built("bench/tools/step"), "--quiet", "--", release::built("bench/floor/floor")},
        {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:" + api.text()});
    if (ended.exit_code == 4)
        GTEST_SKIP() << "this machine refuses ptrace";
    EXPECT_NE(ended.out.find("stopped_by get\n"), std::string::npos) << ended.text();
    EXPECT_NE(ended.out.find("\nsyscalls 4\n"), std::string::npos) << ended.text();
    EXPECT_NE(ended.out.find("\ncpuid 0\n"), std::string::npos) << ended.text();
}

// --- what is planted is noticed ----------------------------------------------------------------

function_under_test planted(const std::string& what) {
    return {test_program("planted"), {"SPRY_IO=direct", "PLANTED=" + what}};
}

TEST(budget, notices_a_planted_allocation) {
    const figures none = count("count_allocations", planted(""));
    SPRY_SKIP_WITHOUT_PTRACE(none);
    EXPECT_TRUE(allocates_nothing(none)) << none.text;
    for (const char* door : {"new", "aligned_new", "malloc", "mapping"})
        EXPECT_FALSE(allocates_nothing(count("count_allocations", planted(door)))) << door;
}

TEST(budget, notices_a_planted_system_call) {
    const figures none = count("count_calls", planted(""));
    SPRY_SKIP_WITHOUT_PTRACE(none);
    EXPECT_TRUE(makes_calls(none, calls_direct)) << none.text;
    EXPECT_FALSE(makes_calls(count("count_calls", planted("call")), calls_direct));
}

TEST(budget, notices_a_planted_page_fault) {
    EXPECT_TRUE(takes_no_fault(count_faults(planted(""))));
    EXPECT_FALSE(takes_no_fault(count_faults(planted("fault"))));
}

TEST(budget, notices_that_mimalloc_was_started) {
    const figures counted = count("count_faults", {test_program("allocating"),
                                                   {"ALLOCATING=large"},
                                                   {"--answer", "--from", "1", "--to", "2"}});
    EXPECT_NE(counted.text.find("\"fallback\":"), std::string::npos) << counted.text;
    EXPECT_EQ(counted.text.find("\"fallback\":0,"), std::string::npos) << counted.text;
}

} // namespace
