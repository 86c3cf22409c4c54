// SPDX-License-Identifier: Apache-2.0
// How fast is a function against the floor: from its start to the first GET and to the first
// answer, for an event of each size, and how large is it?
//
// Plays the Runtime API for several functions in turn, all pinned to one CPU with it, so that a
// number is one of work and context switches and not of waking an idle CPU. The functions take
// turns within each round; a ratio is taken within a round, where the machine was the same, and the
// median over the rounds is printed with their quartiles.
#include "measuring.hpp"
#include "report.hpp"
#include "subjects.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr const char* help = R"(driver: measure functions against each other behind a Runtime API

usage: driver [OPTION...] NAME=COMMAND...

COMMAND is split at spaces; words like VARIABLE=VALUE in front of the program are set for it. The
first function is the reference of all ratios. It is started afresh for each size, with what Lambda
sets in its environment and nothing else. NAME?=COMMAND is left out, with a word, where it does not
start here. Functions must answer every event; with --echo, with the
event itself.

  --rounds N     default 10
  --starts N     cold starts in a round (default 10)
  --events BYTES,BYTES...   sizes (default 2,1024,131072,6291456)
  --event FILE   in place of those sizes, the event of a file
  --gaps MS,MS...   also turns of 2 bytes behind so long a time of nothing (default none)
  --warm-up MS   before each measurement, at least (default 0, which is 200 small events or 3 large)
  --budget MS    time for one function, size and round, roughly (default 60)
  --cpu N        default: the one we are on
  --echo         check that each first answer equals its event
  --same-answers check that all functions answer the same to a first event, but for spaces
  --copies       execute copies of the programs' files, other ones in each round, since a file's place
                 in memory is a matter of chance and worth some hundredths; of plain files below the
                 working directory, up to 16 MiB
  --progress     say on stderr when a round is over
  --json FILE    write everything, in microseconds, to FILE

Quantities: first_get and first_answer from spawn; turn from before an event is sent until its answer
is received whole; cycle until the next GET, too; cpu on the function's side for one cycle; gap as
turn, of an event of 2 bytes behind so many milliseconds.
Exit status: 0 measured, 1 a function failed, 2 wrong usage.
)";

[[noreturn]] void refuse(const std::string& why) {
    std::fprintf(stderr, "driver: %s; see driver --help\n", why.c_str());
    std::exit(2);
}

struct request {
    bench::plan plan;
    std::vector<bench::subject> subjects;
    std::string json;
};

request read_request(int argc, char** argv) {
    request wanted;
    using bench::number_of;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; ++i) {
        const std::string option = argv[i];
        const auto value = [&] {
            if (i + 1 >= argc)
                refuse("a value is missing behind " + option);
            return std::string(argv[++i]);
        };
        if (option == "--help") {
            std::fputs(help, stdout);
            std::exit(0);
        } else if (option == "--rounds") {
            wanted.plan.rounds = number_of(value(), option);
        } else if (option == "--starts") {
            wanted.plan.starts = number_of(value(), option);
        } else if (option == "--budget") {
            wanted.plan.budget_ms = number_of(value(), option);
        } else if (option == "--cpu") {
            wanted.plan.cpu = static_cast<int>(number_of(value(), option));
        } else if (option == "--echo") {
            wanted.plan.echo = true;
        } else if (option == "--same-answers") {
            wanted.plan.same_answers = true;
        } else if (option == "--copies") {
            wanted.plan.copies = true;
        } else if (option == "--progress") {
            wanted.plan.progress = true;
        } else if (option == "--warm-up") {
            wanted.plan.warm_up_ms = number_of(value(), option);
        } else if (option == "--event") {
            wanted.plan.event = bench::contents(value());
        } else if (option == "--gaps") {
            for (const std::string& gap : bench::split(value(), ','))
                wanted.plan.gaps_ms.push_back(number_of(gap, option));
        } else if (option == "--json") {
            wanted.json = value();
        } else if (option == "--events") {
            wanted.plan.event_bytes.clear();
            for (const std::string& size : bench::split(value(), ','))
                wanted.plan.event_bytes.push_back(number_of(size, option));
        } else {
            refuse("unknown option " + option);
        }
    }
    for (; i < argc; ++i)
        wanted.subjects.push_back(bench::subject_of(argv[i]));
    if (wanted.subjects.empty())
        refuse("no function given");
    if (wanted.plan.rounds == 0)
        refuse("--rounds wants at least one");
    return wanted;
}

} // namespace

int main(int argc, char** argv) {
    request wanted;
    try {
        wanted = read_request(argc, argv);
    } catch (const std::runtime_error& error) {
        refuse(error.what());
    }
    try {
        const bench::results measured = bench::measure(wanted.plan, wanted.subjects);
        bench::print_table(measured);
        if (!wanted.json.empty())
            bench::write_json(measured, wanted.json);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "driver: %s\n", error.what());
        return 1;
    }
}
