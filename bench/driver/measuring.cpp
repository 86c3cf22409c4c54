// SPDX-License-Identifier: Apache-2.0
#include "measuring.hpp"

#include "process.hpp"
#include "runtime_api.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include <time.h>

namespace bench {
namespace {

constexpr unsigned warm_up = 200; // invocations, of small events
constexpr unsigned warm_up_large = 3;
constexpr std::size_t small_bytes = 16 * 1024;
constexpr unsigned least_cycles = 5;
constexpr unsigned most_cycles = 4000;
constexpr unsigned patience_seconds = 10;

double now_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

program program_of(const subject& what, const runtime_api& api) {
    program made;
    made.command = what.command;
    made.environment = overlaid(lambda_environment(api.address()), what.environment);
    made.quiet = true;
    return made;
}

struct cold_start {
    double first_get_us = 0;
    double first_answer_us = 0;
};

cold_start start_once(runtime_api& api, const subject& what) {
    event_message event(2);
    const program started = program_of(what, api);
    const std::string_view bytes = event.numbered(1);
    const double begin = now_us();
    const process function(started);
    api.accept();
    api.expect(request_kind::next);
    const double asked = now_us();
    api.send(bytes);
    api.expect(request_kind::response);
    return {asked - begin, now_us() - begin};
}

struct cycle {
    double turn_us = 0;
    double whole_us = 0;
};

// A running function that waits for its next event.
class session {
public:
    session(runtime_api& api, const plan& planned, const subject& what, std::size_t event_bytes)
        : api_(api), event_(event_bytes), function_(program_of(what, api)) {
        api_.accept();
        api_.expect(request_kind::next);
        start_faults_ = faults_of(function_.id()).minor - function_.faults_before_exec();
        invoke(planned.echo);
        for (unsigned i = 1; i < (event_bytes <= small_bytes ? warm_up : warm_up_large); ++i)
            invoke();
    }

    cycle invoke(bool check_echo = false) {
        const std::string_view message = event_.numbered(++number_);
        cycle measured;
        const double begin = now_us();
        api_.send(message);
        const request answer = api_.expect(request_kind::response);
        measured.turn_us = now_us() - begin;
        if (!event_.is_answer(answer.target))
            throw std::runtime_error("answers " + std::string(answer.target));
        if (check_echo && answer.body != event_.event())
            throw std::runtime_error("does not echo its event");
        api_.send(runtime_api::accepted());
        api_.expect(request_kind::next);
        measured.whole_us = now_us() - begin;
        return measured;
    }

    std::uint64_t start_faults() const noexcept { return start_faults_; }
    pid_t id() const noexcept { return function_.id(); }

private:
    runtime_api& api_;
    event_message event_;
    process function_;
    std::uint64_t number_ = 0;
    std::uint64_t start_faults_ = 0;
};

void measure_starts(runtime_api& api, const plan& planned, result& into) {
    series gets;
    series answers;
    for (unsigned i = 0; i != planned.starts; ++i) {
        const cold_start once = start_once(api, into.what);
        gets.push_back(once.first_get_us);
        answers.push_back(once.first_answer_us);
    }
    into.times["first_get"].push_back(quantile(gets, 0.5));
    into.times["first_answer"].push_back(quantile(answers, 0.5));
}

void measure_cycles(runtime_api& api, const plan& planned, std::size_t event_bytes, result& into) {
    session running(api, planned, into.what, event_bytes);
    series turns;
    series cycles;
    const double end = now_us() + planned.budget_ms * 1e3;
    const std::uint64_t cpu_before = cpu_time_ns(running.id());
    while (turns.size() < least_cycles || (turns.size() < most_cycles && now_us() < end)) {
        const cycle once = running.invoke();
        turns.push_back(once.turn_us);
        cycles.push_back(once.whole_us);
    }
    const auto cpu = static_cast<double>(cpu_time_ns(running.id()) - cpu_before);
    const std::string size = " " + std::to_string(event_bytes);
    into.times["turn" + size].push_back(quantile(turns, 0.5));
    into.times["cycle" + size].push_back(quantile(cycles, 0.5));
    into.times["cpu" + size].push_back(cpu / 1e3 / static_cast<double>(turns.size()));
    into.start_faults = running.start_faults();
    if (event_bytes <= small_bytes)
        into.resident_kib = memory_of(running.id()).resident_kib;
}

// Whether it asks for an event and answers it; throws why not, unless it is optional.
bool starts(runtime_api& api, const subject& what) {
    try {
        start_once(api, what);
        return true;
    } catch (const std::exception& error) {
        if (!what.optional)
            throw std::runtime_error(what.name + ": " + error.what());
        std::fprintf(stderr, "driver: %s is left out: %s\n", what.name.c_str(), error.what());
        return false;
    }
}

std::vector<std::string> quantities_of(const plan& planned) {
    std::vector<std::string> names;
    if (planned.starts != 0)
        names = {"first_get", "first_answer"};
    for (const char* each : {"turn ", "cycle ", "cpu "}) {
        for (const std::size_t size : planned.event_bytes)
            names.push_back(each + std::to_string(size));
    }
    return names;
}

} // namespace

series ratios(const results& all, const result& function, const std::string& quantity) {
    const series& mine = function.times.at(quantity);
    const series& reference = all.functions.front().times.at(quantity);
    series quotients;
    for (std::size_t round = 0; round != mine.size(); ++round)
        quotients.push_back(mine[round] / std::max(reference[round], 1e-3));
    return quotients;
}

results measure(const plan& planned, const std::vector<subject>& subjects) {
    results all;
    all.planned = planned;
    all.cpu = stay_on_one_cpu(planned.cpu);
    all.quantities = quantities_of(planned);
    runtime_api api(patience_seconds);
    for (const subject& each : subjects) {
        if (!starts(api, each))
            continue;
        result made;
        made.what = each;
        std::error_code unknown; // a program of PATH
        const auto bytes = std::filesystem::file_size(each.command[0], unknown);
        made.file_bytes = unknown ? 0 : bytes;
        all.functions.push_back(made);
    }
    if (all.functions.empty())
        throw std::runtime_error("no function is left");
    const std::size_t count = all.functions.size();
    for (unsigned round = 0; round != planned.rounds; ++round) {
        // Each round begins with another one, since it matters who came before.
        for (std::size_t turn = 0; turn != count; ++turn) {
            result& each = all.functions[(round + turn) % count];
            try {
                if (planned.starts != 0)
                    measure_starts(api, planned, each);
            } catch (const std::exception& error) {
                throw std::runtime_error(each.what.name + ": " + error.what());
            }
        }
        for (const std::size_t event_bytes : planned.event_bytes) {
            for (std::size_t turn = 0; turn != count; ++turn) {
                result& each = all.functions[(round + turn) % count];
                try {
                    measure_cycles(api, planned, event_bytes, each);
                } catch (const std::exception& error) {
                    throw std::runtime_error(each.what.name + ", events of " +
                                             std::to_string(event_bytes) +
                                             " bytes: " + error.what());
                }
            }
        }
    }
    return all;
}

} // namespace bench
