// SPDX-License-Identifier: Apache-2.0
// Feeds a running function a number of events, and says between two of them when nothing moves, so
// that what happens in between can be counted: the slope of a count is a matter of two readings.
#pragma once

#include "crowd_api.hpp"
#include "process.hpp"
#include "runtime_api.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace bench {

struct feeding {
    unsigned from = 200;  ///< the first reading is taken behind this invocation
    unsigned to = 1200;   ///< and the second behind this one
    unsigned workers = 1; ///< of the function, so many events are kept under way
    std::size_t event_bytes = 2;
    std::string event; ///< one that is given, in place of that size; for one worker
    /// A 202 and the next event leave in one write, where the function has asked for the next
    /// event by then: what a pipelining function is promised the fewest system calls for.
    bool joined = false;
    unsigned seconds = 60; ///< for each wait, not for all
    bool answer = false;   ///< print the body of the last answer
    std::vector<std::string> command;

    unsigned invocations() const noexcept { return to - from; }
};

/// An option of one tool alone, without a value.
struct own_option {
    const char* name = nullptr;
    bool given = false;
};

/// Reads the options that all counting tools share, see SPRY_FEEDING_HELP, and the tool's own one,
/// and then the command. Prints and exits on --help and on wrong usage (status 2).
feeding read_feeding(int argc, char** argv, const char* help, own_option* own = nullptr);

/// The lines of a help text about these options.
#define SPRY_FEEDING_HELP                                                                          \
    "  --from N       take the first reading behind invocation N (default 200)\n"                  \
    "  --to N         take the second behind invocation N (default 1200)\n"                        \
    "  --event BYTES  size of each event (default 2)\n"                                            \
    "  --event-file FILE  in place of that, the event of a file; for one worker\n"                 \
    "  --workers N    keep N events under way, one for each worker of a function that echoes\n"    \
    "                 (default 1)\n"                                                               \
    "  --joined       send a 202 and the next event in one write where the function has\n"         \
    "                 asked for it by then (a pipelining one)\n"                                   \
    "  --seconds N    give up where nothing moves for so long (default 60)\n"                      \
    "  --answer       print the body of the last answer too, behind \"answer\"\n"                  \
    "\n"                                                                                           \
    "The function inherits the environment; AWS_LAMBDA_RUNTIME_API is set, and what Lambda sets\n" \
    "beside it. Its standard output and error are discarded.\n"                                    \
    "Exit status: 0 counted, 1 the function failed, 2 wrong usage, 4 ptrace is refused.\n"

/// The program of `plan` as all counting tools start it, behind a Runtime API at `address`.
program counted(const feeding& plan, const std::string& address, bool traced);

/// When nothing moves: the function is asleep, waits for an event, and everything it has sent has
/// been received.
struct at_rest {
    std::function<void()> before_first = [] {}; ///< it has asked for its first event
    std::function<void()> from = [] {};
    std::function<void()> to = [] {};
};

/// The Runtime API that a plan wants: one connection at a time, or one for each worker.
class fed_api {
public:
    explicit fed_api(const feeding& plan);

    const std::string& address() const noexcept;

    /// Feeds the process `function` with what the plan says; returns the last answer's body. Throws
    /// std::runtime_error where the function fails.
    std::string feed(const feeding& plan, pid_t function, const at_rest& hooks);

private:
    std::optional<runtime_api> alone_;
    std::optional<crowd_api> crowd_;
};

/// Feeds on a thread of its own, for tools that trace meanwhile; kills the function at the end.
class feeder {
public:
    feeder(fed_api& api, const feeding& plan, pid_t function, at_rest hooks);
    feeder(const feeder&) = delete;
    feeder& operator=(const feeder&) = delete;
    ~feeder();

    /// Waits for the end; the last answer's body, or what feed has thrown.
    std::string finish();

private:
    std::string answer_;
    std::exception_ptr failure_;
    std::thread thread_;
};

/// What every counting tool prints first and last.
void print_head(const feeding& plan);
void print_answer(const feeding& plan, const std::string& answer);
/// "NAME TOTAL" and "NAME_per_invocation QUOTIENT"
void print_slope(const feeding& plan, const char* name, unsigned long long total);

} // namespace bench
