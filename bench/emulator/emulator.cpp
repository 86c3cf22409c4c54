// SPDX-License-Identifier: Apache-2.0
// How many invocations in a second does an emulator let through, one after the other, and how much
// memory does it take, beside others with the same function?
//
// Emulator, function and caller share one CPU, so that a number is one of work and context switches
// and not of waking an idle CPU. Emulators take turns within each round; a ratio is taken within a
// round, where the machine was the same.
#include "invoking.hpp"
#include "json_file.hpp"
#include "process.hpp"
#include "runtime_api.hpp"
#include "subjects.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <time.h>

namespace {

constexpr const char* help = R"(bench_emulator: measure emulators against each other

usage: bench_emulator [OPTION...] NAME=COMMAND...

COMMAND starts an emulator that listens on 127.0.0.1:PORT and runs a function that echoes; in each
of its words PORT stands for a free port and OTHER_PORT for another one. Behind a lone + stands the
function's own command, for an emulator that wants it started by itself; it is known as "_" there.
Words like VARIABLE=VALUE in front of either program are set for it. The first emulator is the
reference of all ratios. NAME?=COMMAND is left out, with a word, where it does not start here.

  --rounds N     default 10
  --events BYTES,BYTES...   sizes (default 2,131072)
  --budget MS    time for one emulator, size and round (default 300)
  --cpu N        default: the one we are on
  --json FILE    write everything to FILE

Memory is the emulator's own, without its function's: resident behind the invocations, and at most.
Exit status: 0 measured, 1 an emulator failed, 2 wrong usage.
)";

constexpr unsigned warm_up = 200;
constexpr unsigned warm_up_large = 20;
constexpr std::size_t small_bytes = 16 * 1024;
constexpr unsigned patience_seconds = 20;

enum quantity { rate, resident_kib, peak_kib, quantity_count };
constexpr const char* quantity_names[quantity_count] = {"per second", "resident KiB", "peak KiB"};
constexpr const char* json_names[quantity_count] = {"per_second", "resident_kib", "peak_kib"};

struct plan {
    unsigned rounds = 10;
    std::vector<unsigned> events{2, 131072};
    unsigned budget_ms = 300;
    int cpu = -1;
    std::string json;
    std::vector<bench::subject> subjects;
};

struct measurement {
    bench::series values[quantity_count];
};
using measured = std::map<std::pair<unsigned, std::string>, measurement>;

plan read_plan(int argc, char** argv) {
    plan wanted;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; ++i) {
        const std::string option = argv[i];
        if (option == "--help") {
            std::fputs(help, stdout);
            std::exit(0);
        }
        if (i + 1 >= argc)
            throw std::runtime_error("a value is missing behind " + option);
        const std::string value = argv[++i];
        if (option == "--rounds") {
            wanted.rounds = bench::number_of(value, option);
        } else if (option == "--budget") {
            wanted.budget_ms = bench::number_of(value, option);
        } else if (option == "--cpu") {
            wanted.cpu = static_cast<int>(bench::number_of(value, option));
        } else if (option == "--json") {
            wanted.json = value;
        } else if (option == "--events") {
            wanted.events.clear();
            for (const std::string& size : bench::split(value, ','))
                wanted.events.push_back(bench::number_of(size, option));
        } else {
            throw std::runtime_error("unknown option " + option);
        }
    }
    for (; i < argc; ++i)
        wanted.subjects.push_back(bench::subject_of(argv[i]));
    if (wanted.subjects.empty())
        throw std::runtime_error("no emulator given");
    if (wanted.rounds == 0 || wanted.events.empty())
        throw std::runtime_error("--rounds and --events want at least one");
    return wanted;
}

// A program and what is set for it, with this run's ports in place of their names.
bench::program program_of(std::vector<std::string> words, std::uint16_t port,
                          std::uint16_t other_port) {
    bench::program made;
    made.environment = bench::environment_without_lambda();
    made.quiet = true;
    for (std::string& word : words) {
        for (const auto& [name, number] : {std::pair{std::string_view("OTHER_PORT"), other_port},
                                           std::pair{std::string_view("PORT"), port}}) {
            const std::size_t at = word.find(name);
            if (at != word.npos)
                word.replace(at, name.size(), std::to_string(number));
        }
        if (made.command.empty() && word.find('=') != word.npos)
            made.environment = bench::overlaid(made.environment, {word});
        else
            made.command.push_back(word);
    }
    return made;
}

double now_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void measure_once(const plan& planned, const bench::subject& what, unsigned event_bytes,
                  measurement& into) {
    const std::uint16_t port = bench::free_port();
    const std::uint16_t other_port = bench::free_port();
    std::vector<std::string> words = what.environment;
    words.insert(words.end(), what.command.begin(), what.command.end());
    const auto plus = std::find(words.begin(), words.end(), "+");
    const bench::process emulator(program_of({words.begin(), plus}, port, other_port));
    const bench::event_message message(event_bytes);
    bench::invoker caller(port, plus == words.end() ? "function" : "_",
                          std::string(message.event()), patience_seconds);
    std::optional<bench::process> function;
    if (plus != words.end())
        function.emplace(program_of({plus + 1, words.end()}, port, other_port));

    if (caller.invoke() != caller.event())
        throw std::runtime_error("does not echo its event");
    for (unsigned i = 1; i < (event_bytes <= small_bytes ? warm_up : warm_up_large); ++i)
        caller.invoke();
    unsigned invocations = 0;
    const double begin = now_seconds();
    const double end = begin + planned.budget_ms / 1e3;
    double now = begin;
    while (now < end) {
        for (int i = 0; i != 10; ++i)
            caller.invoke();
        invocations += 10;
        now = now_seconds();
    }
    into.values[rate].push_back(invocations / (now - begin));
    const bench::memory_use memory = bench::memory_of(emulator.id());
    into.values[resident_kib].push_back(static_cast<double>(memory.resident_kib));
    into.values[peak_kib].push_back(static_cast<double>(memory.peak_kib));
}

measured measure(plan& planned) {
    measured all;
    planned.cpu = bench::stay_on_one_cpu(planned.cpu);
    for (unsigned round = 0; round != planned.rounds; ++round) {
        for (const unsigned bytes : planned.events) {
            bench::take_turns(planned.subjects, round, "bench_emulator",
                              [&](const bench::subject& what) {
                                  measure_once(planned, what, bytes, all[{bytes, what.name}]);
                              });
        }
        std::fprintf(stderr, "bench_emulator: round %u of %u\n", round + 1, planned.rounds);
    }
    return all;
}

void print_table(const plan& planned, const measured& all) {
    std::printf("one after the other, all on CPU %d, %u rounds: medians; in brackets the median "
                "ratio to %s, with its quartiles\n\n",
                planned.cpu, planned.rounds, planned.subjects.front().name.c_str());
    for (const unsigned bytes : planned.events) {
        std::printf("events of %-7u", bytes);
        for (const char* name : quantity_names)
            std::printf(" %27s", name);
        std::putchar('\n');
        const measurement& base = all.at({bytes, planned.subjects.front().name});
        for (const bench::subject& each : planned.subjects) {
            const measurement& mine = all.at({bytes, each.name});
            std::printf("%-17s", each.name.c_str());
            for (int i = 0; i != quantity_count; ++i) {
                const bench::series quotients = bench::ratios(mine.values[i], base.values[i]);
                std::printf(" %8.0f (%5.2f, %5.2f-%5.2f)", bench::quantile(mine.values[i], 0.5),
                            bench::quantile(quotients, 0.5), bench::quantile(quotients, 0.25),
                            bench::quantile(quotients, 0.75));
            }
            std::putchar('\n');
        }
        std::putchar('\n');
    }
}

void write_json(const plan& planned, const measured& all) {
    const bench::json_file file(planned.json);
    std::fprintf(file.get(), "{\"rounds\": %u, \"cpu\": %d, \"results\": [", planned.rounds,
                 planned.cpu);
    const char* separator = "\n";
    for (const bench::subject& each : planned.subjects) {
        for (const unsigned bytes : planned.events) {
            std::fprintf(file.get(), "%s  {\"emulator\": %s, \"command\": %s, \"event\": %u",
                         separator, bench::quoted(each.name).c_str(),
                         bench::quoted(bench::command_line(each)).c_str(), bytes);
            const measurement& mine = all.at({bytes, each.name});
            for (int i = 0; i != quantity_count; ++i) {
                std::fputs(", ", file.get());
                file.print(json_names[i], mine.values[i]);
            }
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
        std::fprintf(stderr, "bench_emulator: %s; see bench_emulator --help\n", error.what());
        return 2;
    }
    try {
        const measured all = measure(planned);
        print_table(planned, all);
        if (!planned.json.empty())
            write_json(planned, all);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_emulator: %s\n", error.what());
        return 1;
    }
}
