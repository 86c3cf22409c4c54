// SPDX-License-Identifier: Apache-2.0
// Instructions and bytes against a checked-in baseline, tests/budget_baseline.txt: no number that
// was promised, but one that grows only when somebody says so. `./dev baseline` measures anew and
// writes the file; what has shrunk beyond the tolerance is said and does not fail.
#include "budget.hpp"

#include <cmath>
#include <filesystem>

namespace {

using release::count;
using release::example;
using release::figures;
using release::strings;

constexpr double instructions_tolerance = 0.02;
constexpr double bytes_tolerance = 0.01;

const char* const baseline_path = SPRY_SOURCE_DIR "/tests/budget_baseline.txt";

using baseline = std::map<std::string, double>;

baseline read_baseline(const std::string& path) {
    baseline figures_by_name;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string name;
        double value = 0;
        if (line.rfind('#', 0) != 0 && words >> name >> value)
            figures_by_name[name] = value;
    }
    return figures_by_name;
}

// Where it is set, figures are added to this file instead of being judged.
const char* written_file() {
    return std::getenv("SPRY_WRITE_BASELINE");
}

// Whether `measured` keeps to the baseline; false where that does not know the name.
bool keeps_to(const baseline& known, const std::string& name, double measured, double tolerance) {
    const auto found = known.find(name);
    return found != known.end() && measured > 0 && measured <= found->second * (1 + tolerance);
}

void judge(const std::string& name, double measured, double tolerance) {
    if (written_file() != nullptr) {
        std::ofstream(written_file(), std::ios::app)
            << name << ' ' << std::llround(measured) << '\n';
        return;
    }
    const baseline known = read_baseline(baseline_path);
    const auto found = known.find(name);
    const double expected = found == known.end() ? 0 : found->second;
    std::printf("%s: %.0f, baseline %.0f\n", name.c_str(), measured, expected);
    EXPECT_TRUE(keeps_to(known, name, measured, tolerance))
        << name << " is " << measured << ", the baseline " << expected << " with "
        << tolerance * 100 << " %; if that is what it has to cost, ./dev baseline";
    if (measured < expected * (1 - tolerance))
        std::printf("%s has shrunk: ./dev baseline keeps it so\n", name.c_str());
}

// A step takes up to 40 us on a virtual machine, and each invocation is like the next.
const strings few_invocations{"--from", "200", "--to", "210"};

figures instructions_of(const std::string& program, const strings& variables) {
    return count("count_instructions", {program, variables, few_invocations});
}

TEST(budget, instructions_of_echo_keep_to_the_baseline) {
    const figures counted = instructions_of(example("echo"), {"SPRY_IO=direct"});
    SPRY_SKIP_WITHOUT_PTRACE(counted);
    EXPECT_EQ(counted.at("cpuid"), 0);
    judge("echo.instructions.direct", counted.at("instructions_per_invocation"),
          instructions_tolerance);
}

TEST(budget, instructions_of_echo_on_epoll_keep_to_the_baseline) {
    const figures counted = instructions_of(example("echo"), {"SPRY_IO=epoll"});
    SPRY_SKIP_WITHOUT_PTRACE(counted);
    judge("echo.instructions.epoll", counted.at("instructions_per_invocation"),
          instructions_tolerance);
}

TEST(budget, instructions_of_echo_on_the_ring_keep_to_the_baseline) {
    if (!release::ring_is_allowed())
        GTEST_SKIP() << "io_uring is refused here";
    const figures counted = instructions_of(example("echo"), {"SPRY_IO=uring"});
    SPRY_SKIP_WITHOUT_PTRACE(counted);
    judge("echo.instructions.uring", counted.at("instructions_per_invocation"),
          instructions_tolerance);
}

TEST(budget, instructions_of_hello_keep_to_the_baseline) {
    const figures counted = instructions_of(example("hello"), {"SPRY_IO=direct"});
    SPRY_SKIP_WITHOUT_PTRACE(counted);
    judge("hello.instructions.direct", counted.at("instructions_per_invocation"),
          instructions_tolerance);
}

TEST(budget, sizes_keep_to_the_baseline) {
    const auto judge_size = [](const std::string& name, const std::string& program) {
        judge(name + ".bytes", static_cast<double>(std::filesystem::file_size(program)),
              bytes_tolerance);
    };
    for (const char* name : {"echo", "hello", "multi"})
        judge_size(name, example(name));
    judge_size("echo_without_emulator", release::test_program("echo_without_emulator"));
}

TEST(budget, baseline_notices_planted_instructions_and_what_it_does_not_know) {
    const std::string program = release::test_program("planted");
    const figures none = instructions_of(program, {"SPRY_IO=direct"});
    SPRY_SKIP_WITHOUT_PTRACE(none);
    const figures more = instructions_of(program, {"SPRY_IO=direct", "PLANTED=instructions"});
    const baseline known{{"planted", none.at("instructions_per_invocation")}};
    const auto keeps = [&known](const std::string& name, const figures& counted) {
        return keeps_to(known, name, counted.at("instructions_per_invocation"),
                        instructions_tolerance);
    };
    EXPECT_TRUE(keeps("planted", none));
    EXPECT_FALSE(keeps("planted", more));
    EXPECT_FALSE(keeps("unknown", none));
    EXPECT_FALSE(keeps("planted", figures{}));
}

} // namespace
