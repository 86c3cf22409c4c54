// SPDX-License-Identifier: Apache-2.0
// How many invocations does a function with N workers answer in a second of its own CPU time, and
// in a second of the wall's?
//
// Plays the Runtime API: every worker that asks for an event gets one at once. Functions take turns
// within a round; a ratio is taken within a round, where the machine was the same, and the median
// over the rounds is printed.
#include "crowd_api.hpp"
#include "json_file.hpp"
#include "process.hpp"
#include "subjects.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <time.h>

namespace {

constexpr const char* help =
    R"(concurrency: measure functions with many workers behind a Runtime API

usage: concurrency [OPTION...] NAME=COMMAND...

COMMAND is split at spaces; words like VARIABLE=VALUE in front of the program are set for it; a word
% is replaced by the handler's name. AWS_LAMBDA_MAX_CONCURRENCY is set to the number of workers, unless
it is one. The first function is the reference of all ratios; NAME?=COMMAND is left out, with a word,
where it fails. Functions answer every event with the event itself.

  --rounds N        default 5
  --workers N,N...  default 1,8,64,256
  --handlers NAMES  default echo,sleep
  --cpus A[,B]      the server's and the function's (default 0,1); twice the same: they take turns
  --window MS       time for one function and round (default 300)
  --events BYTES    default 2
  --json FILE       write everything to FILE

Exit status: 0 measured, 1 a function failed, 2 wrong usage.
)";

struct plan {
    unsigned rounds = 5;
    unsigned window_ms = 300;
    unsigned event_bytes = 2;
    int server_cpu = 0;
    int function_cpu = 1;
    std::vector<unsigned> workers{1, 8, 64, 256};
    std::vector<std::string> handlers{"echo", "sleep"};
    std::vector<bench::subject> subjects;
    std::string json;
};

// Invocations per second, one of each for a round.
struct rates {
    bench::series per_cpu;
    bench::series per_wall;
};

// By handler, workers and name of the function.
using measured = std::map<std::pair<std::string, unsigned>, std::map<std::string, rates>>;

[[noreturn]] void refuse(const std::string& why) {
    std::fprintf(stderr, "concurrency: %s; see concurrency --help\n", why.c_str());
    std::exit(2);
}

std::vector<unsigned> numbers_of(const std::string& text, const std::string& option) {
    std::vector<unsigned> numbers;
    for (const std::string& each : bench::split(text, ','))
        numbers.push_back(bench::number_of(each, option));
    if (numbers.empty())
        throw std::runtime_error(option + " wants numbers");
    return numbers;
}

plan read_plan(int argc, char** argv) {
    plan wanted;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; ++i) {
        const std::string option = argv[i];
        if (option == "--help") {
            std::fputs(help, stdout);
            std::exit(0);
        }
        if (i + 1 == argc)
            throw std::runtime_error("a value is missing behind " + option);
        const std::string value = argv[++i];
        if (option == "--rounds") {
            wanted.rounds = bench::number_of(value, option);
        } else if (option == "--window") {
            wanted.window_ms = bench::number_of(value, option);
        } else if (option == "--events") {
            wanted.event_bytes = bench::number_of(value, option);
        } else if (option == "--workers") {
            wanted.workers = numbers_of(value, option);
        } else if (option == "--handlers") {
            wanted.handlers = bench::split(value, ',');
        } else if (option == "--cpus") {
            const std::vector<unsigned> cpus = numbers_of(value, option);
            wanted.server_cpu = static_cast<int>(cpus.front());
            wanted.function_cpu = static_cast<int>(cpus.back());
        } else if (option == "--json") {
            wanted.json = value;
        } else {
            throw std::runtime_error("unknown option " + option);
        }
    }
    for (; i < argc; ++i)
        wanted.subjects.push_back(bench::subject_of(argv[i]));
    if (wanted.subjects.empty())
        throw std::runtime_error("no function given");
    if (wanted.rounds == 0 || wanted.window_ms == 0)
        throw std::runtime_error("--rounds and --window want at least one");
    return wanted;
}

std::uint64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

void measure_once(bench::crowd_api& api, const plan& planned, const bench::subject& what,
                  const std::string& handler, unsigned workers, rates& into) {
    bench::program started;
    started.command = what.command;
    std::replace(started.command.begin(), started.command.end(), std::string("%"), handler);
    std::vector<std::string> variables = bench::lambda_environment(api.address());
    if (workers > 1)
        variables.push_back("AWS_LAMBDA_MAX_CONCURRENCY=" + std::to_string(workers));
    started.environment = bench::overlaid(variables, what.environment);
    started.quiet = true;
    started.cpu = planned.function_cpu;
    const bench::process function(started);

    // Warm: every worker has answered some events, on average.
    constexpr std::uint64_t slice_ns = 20'000'000;
    const std::uint64_t begin = api.answered();
    const std::uint64_t give_up = now_ns() + 20'000'000'000;
    while (api.answered() < begin + 5ull * workers) {
        api.serve(now_ns() + slice_ns);
        if (now_ns() > give_up)
            throw std::runtime_error("the function does not answer");
    }
    const std::uint64_t answered = api.answered();
    const std::uint64_t cpu = bench::process_cpu_ns(function.id());
    const std::uint64_t wall = now_ns();
    api.serve(wall + planned.window_ms * 1'000'000ull);
    const auto count = static_cast<double>(api.answered() - answered);
    const auto cpu_ns = static_cast<double>(bench::process_cpu_ns(function.id()) - cpu);
    const auto wall_ns = static_cast<double>(now_ns() - wall);
    into.per_cpu.push_back(count * 1e9 / std::max(cpu_ns, 1.0));
    into.per_wall.push_back(count * 1e9 / wall_ns);
}

// What was measured, and the subjects that are left.
measured measure(plan& planned) {
    measured all;
    bench::stay_on_one_cpu(planned.server_cpu);
    bench::crowd_api api(planned.event_bytes);
    for (unsigned round = 0; round != planned.rounds; ++round) {
        for (const std::string& handler : planned.handlers) {
            for (const unsigned workers : planned.workers) {
                // Each round begins with another one, since it matters who came before.
                const std::vector<bench::subject> subjects = planned.subjects;
                for (std::size_t turn = 0; turn != subjects.size(); ++turn) {
                    const bench::subject& what = subjects[(round + turn) % subjects.size()];
                    const std::string where =
                        what.name + ", " + handler + ", " + std::to_string(workers) + " workers: ";
                    try {
                        measure_once(api, planned, what, handler, workers,
                                     all[{handler, workers}][what.name]);
                    } catch (const std::exception& error) {
                        if (!what.optional || round != 0)
                            throw std::runtime_error(where + error.what());
                        std::fprintf(stderr, "concurrency: left out: %s%s\n", where.c_str(),
                                     error.what());
                        planned.subjects.erase(
                            std::find_if(planned.subjects.begin(), planned.subjects.end(),
                                         [&](const auto& each) { return each.name == what.name; }));
                    }
                    api.forget_all();
                }
            }
        }
        std::fprintf(stderr, "concurrency: round %u of %u\n", round + 1, planned.rounds);
    }
    return all;
}

void print_table(const plan& planned, const measured& all, const char* title,
                 bench::series rates::* which) {
    const std::string& reference = planned.subjects.front().name;
    std::printf("%s: %s in thousands, others as ratios to it (quartiles)\n%-8s %7s %9s", title,
                reference.c_str(), "handler", "workers", reference.c_str());
    for (std::size_t i = 1; i != planned.subjects.size(); ++i)
        std::printf(" %18s", planned.subjects[i].name.c_str());
    std::putchar('\n');
    for (const std::string& handler : planned.handlers) {
        for (const unsigned workers : planned.workers) {
            const auto& row = all.at({handler, workers});
            const bench::series& base = row.at(reference).*which;
            std::printf("%-8s %7u %9.1f", handler.c_str(), workers,
                        bench::quantile(base, 0.5) / 1000);
            for (std::size_t i = 1; i != planned.subjects.size(); ++i) {
                const bench::series quotients =
                    bench::ratios(row.at(planned.subjects[i].name).*which, base);
                std::printf("  %.2f (%.2f-%.2f)", bench::quantile(quotients, 0.5),
                            bench::quantile(quotients, 0.25), bench::quantile(quotients, 0.75));
            }
            std::putchar('\n');
        }
    }
    std::putchar('\n');
}

void write_json(const plan& planned, const measured& all) {
    const bench::json_file file(planned.json);
    std::fprintf(file.get(),
                 "{\"rounds\": %u, \"window_ms\": %u, \"event_bytes\": %u, \"server_cpu\": %d, "
                 "\"function_cpu\": %d,\n \"functions\": {",
                 planned.rounds, planned.window_ms, planned.event_bytes, planned.server_cpu,
                 planned.function_cpu);
    const char* separator = "\n";
    for (const bench::subject& each : planned.subjects) {
        std::fprintf(file.get(), "%s  %s: %s", separator, bench::quoted(each.name).c_str(),
                     bench::quoted(bench::command_line(each)).c_str());
        separator = ",\n";
    }
    std::fputs("},\n \"invocations_per_second\": [", file.get());
    separator = "\n";
    for (const auto& [where, row] : all) {
        for (const auto& [name, figures] : row) {
            std::fprintf(file.get(), "%s  {\"handler\": %s, \"workers\": %u, \"function\": %s, ",
                         separator, bench::quoted(where.first).c_str(), where.second,
                         bench::quoted(name).c_str());
            file.print("cpu", figures.per_cpu);
            std::fputs(", ", file.get());
            file.print("wall", figures.per_wall);
            std::fputs("}", file.get());
            separator = ",\n";
        }
    }
    std::fputs("]}\n", file.get());
    file.finish();
}

} // namespace

int main(int argc, char** argv) {
    plan planned;
    try {
        planned = read_plan(argc, argv);
    } catch (const std::runtime_error& error) {
        refuse(error.what());
    }
    try {
        const measured all = measure(planned);
        std::printf("server on CPU %d, function on CPU %d, %u rounds of %u ms\n\n",
                    planned.server_cpu, planned.function_cpu, planned.rounds, planned.window_ms);
        print_table(planned, all, "invocations per CPU second of the function", &rates::per_cpu);
        print_table(planned, all, "invocations per second", &rates::per_wall);
        if (!planned.json.empty())
            write_json(planned, all);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "concurrency: %s\n", error.what());
        return 1;
    }
}
