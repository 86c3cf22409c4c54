// SPDX-License-Identifier: Apache-2.0
#include "measuring.hpp"

#include "fresh_copies.hpp"
#include "process.hpp"
#include "runtime_api.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <time.h>

namespace bench {
namespace {

constexpr unsigned warm_up = 200; // invocations, of small events
constexpr unsigned warm_up_large = 3;
constexpr std::size_t small_bytes = 16 * 1024;
constexpr unsigned least_cycles = 5;
constexpr unsigned most_cycles = 4000;
constexpr unsigned gap_cycles = 5;
constexpr std::size_t compared_bytes = 64 * 1024; // of an answer
constexpr std::size_t shown_bytes = 100;
constexpr unsigned patience_seconds = 10;

double now_us() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

program program_of(const result& of, const runtime_api& api) {
    program made;
    made.command = of.what.command;
    made.command[0] = of.file;
    made.environment = overlaid(lambda_environment(api.address()), of.what.environment);
    made.quiet = true;
    return made;
}

struct cold_start {
    double first_get_us = 0;
    double first_answer_us = 0;
};

// Where a function asks and answers on one connection each, every wait is one for any of them.
request expect(runtime_api& api, bool many_connections, request_kind kind) {
    if (many_connections)
        api.accept_or_resume();
    return api.expect(kind);
}

// The first request of a function that was just started.
void expect_first(runtime_api& api, bool many_connections) {
    if (many_connections)
        api.close(); // of whoever came before
    else
        api.accept();
    expect(api, many_connections, request_kind::next);
}

cold_start start_once(runtime_api& api, const plan& planned, const result& of) {
    event_message event = planned.event.empty() ? event_message(2) : event_message(planned.event);
    const program started = program_of(of, api);
    const std::string_view bytes = event.numbered(1);
    api.close(); // of whoever came before, which is no part of this start
    const double begin = now_us();
    const process function(started);
    expect_first(api, of.many_connections);
    const double asked = now_us();
    api.send(bytes);
    expect(api, of.many_connections, request_kind::response);
    return {asked - begin, now_us() - begin};
}

struct cycle {
    double turn_us = 0;
    double whole_us = 0;
};

std::string without_spaces(std::string_view text) {
    std::string kept;
    std::copy_if(text.begin(), text.end(), std::back_inserter(kept),
                 [](unsigned char c) { return !std::isspace(c); });
    return kept;
}

// A running function that waits for its next event.
class session {
public:
    session(runtime_api& api, const plan& planned, const result& of, const event_message& event)
        : api_(api),
          many_connections_(of.many_connections),
          event_(event),
          function_(program_of(of, api)) {
        expect_first(api_, many_connections_);
        start_faults_ = faults_of(function_.id()).minor - function_.faults_before_exec();
        invoke(planned.echo);
        const unsigned least = event_.event().size() <= small_bytes ? warm_up : warm_up_large;
        const double end = now_us() + planned.warm_up_ms * 1e3;
        for (unsigned i = 1; i < least || now_us() < end; ++i)
            invoke();
    }

    cycle invoke(bool check_echo = false) {
        const std::string_view message = event_.numbered(++number_);
        cycle measured;
        const double begin = now_us();
        api_.send(message);
        const request answer = expect(api_, many_connections_, request_kind::response);
        measured.turn_us = now_us() - begin;
        if (!event_.is_answer(answer.target))
            throw std::runtime_error("answers " + std::string(answer.target));
        if (check_echo && answer.body != event_.event())
            throw std::runtime_error("does not echo its event");
        if (number_ == 1)
            first_answer_ =
                without_spaces(answer.body.substr(0, 2 * compared_bytes)).substr(0, compared_bytes);
        api_.send(runtime_api::accepted());
        expect(api_, many_connections_, request_kind::next);
        measured.whole_us = now_us() - begin;
        return measured;
    }

    /// Its beginning, without the spaces that one language writes and another one does not.
    const std::string& first_answer() const noexcept { return first_answer_; }
    std::uint64_t start_faults() const noexcept { return start_faults_; }
    pid_t id() const noexcept { return function_.id(); }

private:
    runtime_api& api_;
    bool many_connections_;
    event_message event_;
    process function_;
    std::uint64_t number_ = 0;
    std::uint64_t start_faults_ = 0;
    std::string first_answer_;
};

void measure_starts(runtime_api& api, const plan& planned, result& into) {
    series gets;
    series answers;
    for (unsigned i = 0; i != planned.starts; ++i) {
        const cold_start once = start_once(api, planned, into);
        gets.push_back(once.first_get_us);
        answers.push_back(once.first_answer_us);
    }
    into.times["first_get"].push_back(quantile(gets, 0.5));
    into.times["first_answer"].push_back(quantile(answers, 0.5));
}

// `answer`: the one that another function has given to this event; taken from the first one.
void measure_cycles(runtime_api& api, const plan& planned, const event_message& event,
                    std::string& answer, result& into) {
    session running(api, planned, into, event);
    if (answer.empty())
        answer = running.first_answer();
    else if (planned.same_answers && answer != running.first_answer())
        throw std::runtime_error("answers " + running.first_answer().substr(0, shown_bytes) +
                                 " where another one says " + answer.substr(0, shown_bytes));
    series turns;
    series cycles;
    const double end = now_us() + planned.budget_ms * 1e3;
    const std::uint64_t cpu_before = process_cpu_ns(running.id());
    while (turns.size() < least_cycles || (turns.size() < most_cycles && now_us() < end)) {
        const cycle once = running.invoke();
        turns.push_back(once.turn_us);
        cycles.push_back(once.whole_us);
    }
    const auto cpu = static_cast<double>(process_cpu_ns(running.id()) - cpu_before);
    const std::size_t event_bytes = event.event().size();
    const std::string size = " " + std::to_string(event_bytes);
    into.times["turn" + size].push_back(quantile(turns, 0.5));
    into.times["cycle" + size].push_back(quantile(cycles, 0.5));
    into.times["cpu" + size].push_back(cpu / 1e3 / static_cast<double>(turns.size()));
    into.start_faults = running.start_faults();
    const memory_use memory = memory_of(running.id());
    into.peak_kib = std::max(into.peak_kib, memory.peak_kib);
    if (event_bytes <= small_bytes)
        into.resident_kib = memory.resident_kib;
}

// A turn behind a time in which there was nothing to do.
void measure_gap(runtime_api& api, const plan& planned, unsigned gap_ms, result& into) {
    session running(api, planned, into, event_message(2));
    series turns;
    for (unsigned i = 0; i != gap_cycles; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(gap_ms));
        turns.push_back(running.invoke().turn_us);
    }
    into.times["gap " + std::to_string(gap_ms)].push_back(quantile(turns, 0.5));
}

// Throws where the function is not optional; else it is left out, with a word.
void leave_out(const subject& what, const std::string& why) {
    if (!what.optional)
        throw std::runtime_error(what.name + why);
    std::fprintf(stderr, "driver: %s is left out%s\n", what.name.c_str(), why.c_str());
}

// Whether it asks for an event and answers it, on one connection or on several; throws why not,
// unless it is optional. Behind an address of its own, so that no connection is left for others.
bool starts(const plan& planned, result& of) {
    for (of.many_connections = false;; of.many_connections = true) {
        try {
            runtime_api api(patience_seconds);
            start_once(api, planned, of);
            return true;
        } catch (const std::exception& error) {
            if (of.many_connections || !of.what.optional) {
                leave_out(of.what, std::string(": ") + error.what());
                return false;
            }
        }
    }
}

std::vector<event_message> events_of(const plan& planned) {
    if (!planned.event.empty())
        return {event_message(planned.event)};
    return {planned.event_bytes.begin(), planned.event_bytes.end()};
}

std::vector<std::string> quantities_of(const plan& planned) {
    std::vector<std::string> names;
    if (planned.starts != 0)
        names = {"first_get", "first_answer"};
    for (const char* each : {"turn ", "cycle ", "cpu "}) {
        for (const event_message& event : events_of(planned))
            names.push_back(each + std::to_string(event.event().size()));
    }
    for (const unsigned gap : planned.gaps_ms)
        names.push_back("gap " + std::to_string(gap));
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
        result made;
        made.what = each;
        made.file = each.command[0];
        if (!starts(planned, made))
            continue;
        std::error_code unknown; // a program of PATH
        const auto bytes = std::filesystem::file_size(each.command[0], unknown);
        made.file_bytes = unknown ? 0 : bytes;
        all.functions.push_back(made);
    }
    if (all.functions.empty())
        throw std::runtime_error("no function is left");
    const std::vector<event_message> events = events_of(planned);
    std::vector<std::string> answers(events.size());
    fresh_copies copies;
    for (unsigned round = 0; round != planned.rounds; ++round) {
        if (planned.copies) {
            copies.renew();
            for (result& each : all.functions)
                each.file = copies.of(each.what.command[0]);
        }
        // Each round begins with another one, since it matters who came before.
        const auto everyone = [&](const std::string& what, auto&& measure_one) {
            std::vector<std::string> failed;
            const std::size_t count = all.functions.size();
            for (std::size_t turn = 0; turn != count; ++turn) {
                result& each = all.functions[(round + turn) % count];
                try {
                    measure_one(each);
                } catch (const std::exception& error) {
                    leave_out(each.what, what + ": " + error.what());
                    failed.push_back(each.what.name);
                }
            }
            std::erase_if(all.functions, [&](const result& each) {
                return std::find(failed.begin(), failed.end(), each.what.name) != failed.end();
            });
        };
        if (planned.starts != 0)
            everyone("", [&](result& each) { measure_starts(api, planned, each); });
        for (std::size_t i = 0; i != events.size(); ++i) {
            everyone(
                ", events of " + std::to_string(events[i].event().size()) + " bytes",
                [&](result& each) { measure_cycles(api, planned, events[i], answers[i], each); });
        }
        for (const unsigned gap : planned.gaps_ms) {
            everyone(", behind " + std::to_string(gap) + " ms of nothing",
                     [&](result& each) { measure_gap(api, planned, gap, each); });
        }
        if (planned.progress)
            std::fprintf(stderr, "driver: round %u of %u\n", round + 1, planned.rounds);
    }
    return all;
}

} // namespace bench
