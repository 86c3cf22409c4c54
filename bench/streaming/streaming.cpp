// SPDX-License-Identifier: Apache-2.0
// How soon does the first byte of a streamed response come, how fast the rest, for how much CPU
// time of the function, and in how much memory?
//
// Plays the Runtime API for one function after the other: small responses to warm up, then the one
// that is measured. A function is told in its event how many bytes to stream, and in which writes.
#include "json_file.hpp"
#include "process.hpp"
#include "runtime_api.hpp"
#include "subjects.hpp"

#include <algorithm>
#include <cstdint>
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

constexpr const char* help = R"(streaming: measure streamed responses behind a Runtime API

usage: streaming [OPTION...] NAME=COMMAND...

COMMAND is split at spaces; words like VARIABLE=VALUE in front of the program are set for it. The
first function is the reference of all ratios; NAME?=COMMAND is left out, with a word, where it fails.

  --rounds N        default 5
  --bytes N         of the measured response (default 209715200, 200 MiB)
  --writes N,N...   bytes of one write (default 1024,65536)
  --cpus A[,B]      the server's and the function's (default 0,1)
  --json FILE       write everything to FILE

Exit status: 0 measured, 1 a function failed, 2 wrong usage.
)";

constexpr unsigned warm_up = 4; // responses; behind one, allocators still ask the kernel for pages

struct plan {
    unsigned rounds = 5;
    unsigned bytes = 200 * 1024 * 1024;
    int server_cpu = 0;
    int function_cpu = 1;
    std::vector<unsigned> writes{1024, 65536};
    std::vector<bench::subject> subjects;
    std::string json;
};

enum quantity { first_byte_us, mib_per_second, cpu_ms, peak_kib, chunks, quantity_count };
constexpr const char* quantity_names[] = {"first byte us", "MiB/s", "function CPU ms", "peak KiB",
                                          "chunks"};

struct measurement {
    bench::series values[quantity_count];
};

// By the size of a write and the name of the function.
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
        if (i + 1 == argc)
            throw std::runtime_error("a value is missing behind " + option);
        const std::string value = argv[++i];
        const auto numbers = [&] {
            std::vector<unsigned> read;
            for (const std::string& each : bench::split(value, ','))
                read.push_back(bench::number_of(each, option));
            if (read.empty() || std::find(read.begin(), read.end(), 0U) != read.end())
                if (option != "--cpus" || read.empty())
                    throw std::runtime_error(option + " wants numbers above 0");
            return read;
        };
        if (option == "--rounds") {
            wanted.rounds = numbers().front();
        } else if (option == "--bytes") {
            wanted.bytes = numbers().front();
        } else if (option == "--writes") {
            wanted.writes = numbers();
        } else if (option == "--cpus") {
            wanted.server_cpu = static_cast<int>(numbers().front());
            wanted.function_cpu = static_cast<int>(numbers().back());
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
    return wanted;
}

std::uint64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

// One response of `bytes`, from event to acknowledgement.
bench::request stream(bench::runtime_api& api, unsigned bytes, unsigned write) {
    bench::event_message event("{\"bytes\":" + std::to_string(bytes) +
                               ",\"write\":" + std::to_string(write) + "}");
    api.send(event.numbered(1));
    api.accept_or_resume();
    // Rust's client puts status and headers of an HTTP answer in front, whether asked to or not.
    constexpr unsigned prelude_max = 256;
    const bench::request answer =
        api.expect(bench::request_kind::response, std::min(write, prelude_max + 1));
    if (answer.body_bytes < bytes || answer.body_bytes > bytes + prelude_max)
        throw std::runtime_error("streams " + std::to_string(answer.body_bytes) + " bytes in " +
                                 std::to_string(answer.chunks) + " chunks");
    api.send(bench::runtime_api::accepted());
    return answer;
}

void measure_once(bench::runtime_api& api, const plan& planned, const bench::subject& what,
                  unsigned write, measurement& into) {
    bench::program started;
    started.command = what.command;
    started.environment =
        bench::overlaid(bench::lambda_environment(api.address()), what.environment);
    started.quiet = true;
    started.cpu = planned.function_cpu;
    const bench::process function(started);
    api.accept();
    api.expect(bench::request_kind::next);
    for (unsigned i = 0; i != warm_up; ++i) {
        stream(api, std::min(planned.bytes, 1024U * 1024U), write);
        api.accept_or_resume();
        api.expect(bench::request_kind::next);
    }

    const std::uint64_t cpu = bench::process_cpu_ns(function.id());
    const std::uint64_t begin = now_ns();
    const bench::request answer = stream(api, planned.bytes, write);
    const auto wall_ns = static_cast<double>(now_ns() - begin);
    api.accept_or_resume();
    api.expect(bench::request_kind::next);
    const auto cpu_ns = static_cast<double>(bench::process_cpu_ns(function.id()) - cpu);
    into.values[first_byte_us].push_back(static_cast<double>(answer.first_byte_ns - begin) / 1e3);
    into.values[mib_per_second].push_back(planned.bytes / 1048576.0 / (wall_ns / 1e9));
    into.values[cpu_ms].push_back(cpu_ns / 1e6);
    into.values[peak_kib].push_back(static_cast<double>(bench::memory_of(function.id()).peak_kib));
    into.values[chunks].push_back(static_cast<double>(answer.chunks));
}

measured measure(plan& planned) {
    measured all;
    bench::stay_on_one_cpu(planned.server_cpu);
    bench::runtime_api api(30);
    for (unsigned round = 0; round != planned.rounds; ++round) {
        for (const unsigned write : planned.writes) {
            bench::take_turns(planned.subjects, round, "streaming",
                              [&](const bench::subject& what) {
                                  api.close(); // of whoever came before
                                  measure_once(api, planned, what, write, all[{write, what.name}]);
                              });
        }
        std::fprintf(stderr, "streaming: round %u of %u\n", round + 1, planned.rounds);
    }
    return all;
}

void print_table(const plan& planned, const measured& all) {
    for (const unsigned write : planned.writes) {
        std::printf("%u bytes in writes of %u, medians; in brackets the median ratio to %s\n%-16s",
                    planned.bytes, write, planned.subjects.front().name.c_str(), "");
        for (const char* name : quantity_names)
            std::printf(" %20s", name);
        std::putchar('\n');
        const measurement& base = all.at({write, planned.subjects.front().name});
        for (const bench::subject& each : planned.subjects) {
            const measurement& mine = all.at({write, each.name});
            std::printf("%-16s", each.name.c_str());
            for (int i = 0; i != quantity_count; ++i) {
                const bench::series quotients = bench::ratios(mine.values[i], base.values[i]);
                std::printf(" %11.1f (%6.2f)", bench::quantile(mine.values[i], 0.5),
                            bench::quantile(quotients, 0.5));
            }
            std::putchar('\n');
        }
        std::putchar('\n');
    }
}

void write_json(const plan& planned, const measured& all) {
    const bench::json_file file(planned.json);
    std::fprintf(file.get(), "{\"rounds\": %u, \"bytes\": %u, \"results\": [", planned.rounds,
                 planned.bytes);
    const char* separator = "\n";
    for (const bench::subject& each : planned.subjects) {
        for (const unsigned write : planned.writes) {
            std::fprintf(file.get(), "%s  {\"function\": %s, \"command\": %s, \"write\": %u",
                         separator, bench::quoted(each.name).c_str(),
                         bench::quoted(bench::command_line(each)).c_str(), write);
            const measurement& mine = all.at({write, each.name});
            for (int i = 0; i != quantity_count; ++i) {
                std::fputs(", ", file.get());
                file.print(quantity_names[i], mine.values[i]);
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
        std::fprintf(stderr, "streaming: %s; see streaming --help\n", error.what());
        return 2;
    }
    try {
        const measured all = measure(planned);
        std::printf("server on CPU %d, function on CPU %d, %u rounds\n\n", planned.server_cpu,
                    planned.function_cpu, planned.rounds);
        print_table(planned, all);
        if (!planned.json.empty())
            write_json(planned, all);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "streaming: %s\n", error.what());
        return 1;
    }
}
