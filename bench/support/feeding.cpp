// SPDX-License-Identifier: Apache-2.0
#include "feeding.hpp"

#include "subjects.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace bench {
namespace {

[[noreturn]] void refuse(const char* tool, const std::string& why) {
    std::fprintf(stderr, "%s: %s; see %s --help\n", tool, why.c_str(), tool);
    std::exit(2);
}

} // namespace

feeding read_feeding(int argc, char** argv, const char* help, own_option* own) {
    feeding plan;
    int i = 1;
    const auto number = [&]() -> unsigned {
        const std::string option = argv[i];
        char* end = nullptr;
        const unsigned long value = i + 1 < argc ? std::strtoul(argv[++i], &end, 10) : 0;
        if (end == nullptr || end == argv[i] || *end != '\0' || value > 1'000'000'000)
            refuse(argv[0], option + " wants a number");
        return static_cast<unsigned>(value);
    };
    for (; i < argc && argv[i][0] == '-'; ++i) {
        const std::string_view option = argv[i];
        if (option == "--help") {
            std::fputs(help, stdout);
            std::exit(0);
        } else if (option == "--from") {
            plan.from = number();
        } else if (option == "--to") {
            plan.to = number();
        } else if (option == "--event") {
            plan.event_bytes = number();
        } else if (option == "--event-file") {
            try {
                plan.event = contents(i + 1 < argc ? argv[++i] : "");
            } catch (const std::runtime_error& error) {
                refuse(argv[0], "--event-file: " + std::string(error.what()));
            }
        } else if (option == "--workers") {
            plan.workers = number();
        } else if (option == "--joined") {
            plan.joined = true;
        } else if (option == "--seconds") {
            plan.seconds = number();
        } else if (option == "--answer") {
            plan.answer = true;
        } else if (own != nullptr && option == own->name) {
            own->given = true;
        } else if (option == "--") {
            ++i;
            break;
        } else {
            refuse(argv[0], "unknown option " + std::string(option));
        }
    }
    if (plan.from == 0 || plan.to <= plan.from)
        refuse(argv[0], "--from and --to want numbers above 0, in order");
    if (plan.workers == 0)
        refuse(argv[0], "--workers wants at least one");
    if (plan.workers != 1 && !plan.event.empty())
        refuse(argv[0], "--event-file is for one worker");
    if (i >= argc)
        refuse(argv[0], "no program given");
    plan.command.assign(argv + i, argv + argc);
    return plan;
}

program counted(const feeding& plan, const std::string& address, bool traced) {
    program what;
    what.command = plan.command;
    std::vector<std::string> variables = lambda_environment(address);
    if (plan.workers > 1)
        variables.push_back("AWS_LAMBDA_MAX_CONCURRENCY=" + std::to_string(plan.workers));
    what.environment = overlaid(variables, environment_without_lambda());
    what.quiet = true;
    what.traced = traced;
    what.same_addresses = true;
    return what;
}

namespace {

std::string feed_one(runtime_api& api, const feeding& plan, pid_t function, const at_rest& hooks) {
    event_message event =
        plan.event.empty() ? event_message(plan.event_bytes) : event_message(plan.event);
    // Some ask on another connection than that on which they answer.
    const auto expect = [&](request_kind kind) {
        api.accept_or_resume();
        return api.expect(kind);
    };
    expect(request_kind::next);
    wait_until_asleep(function, plan.seconds);
    hooks.before_first();
    api.send(event.numbered(1));
    for (unsigned number = 1;; ++number) {
        const request answer = expect(request_kind::response);
        if (!event.is_answer(answer.target))
            throw std::runtime_error("the function answers " + std::string(answer.target));
        if (answer.has_trailers)
            throw std::runtime_error("the function fails in the middle of a stream");
        const std::string last = number == plan.to ? std::string(answer.body) : std::string();
        const bool together = plan.joined && api.has_more();
        if (!together)
            api.send(runtime_api::accepted());
        if (answer.closes)
            api.accept();
        expect(request_kind::next);
        if (number == plan.from || number == plan.to) {
            wait_until_asleep(function, plan.seconds);
            number == plan.from ? hooks.from() : hooks.to();
            if (number == plan.to)
                return last;
        }
        if (together)
            api.send(runtime_api::accepted(), event.numbered(number + 1));
        else
            api.send(event.numbered(number + 1));
    }
}

// Answers are looked at where they arrive: each is the event.
std::string feed_many(crowd_api& api, const feeding& plan, pid_t function, const at_rest& hooks) {
    const auto rest_behind = [&](unsigned events, const std::function<void()>& then) {
        api.serve_events(events, plan.workers, plan.seconds);
        wait_until_asleep(function, plan.seconds);
        then();
    };
    rest_behind(0, hooks.before_first);
    rest_behind(plan.from, hooks.from);
    rest_behind(plan.invocations(), hooks.to);
    return std::string(api.event());
}

} // namespace

fed_api::fed_api(const feeding& plan) {
    if (plan.workers == 1)
        alone_.emplace(plan.seconds);
    else
        crowd_.emplace(plan.event_bytes);
}

const std::string& fed_api::address() const noexcept {
    return alone_ ? alone_->address() : crowd_->address();
}

std::string fed_api::feed(const feeding& plan, pid_t function, const at_rest& hooks) {
    return alone_ ? feed_one(*alone_, plan, function, hooks)
                  : feed_many(*crowd_, plan, function, hooks);
}

feeder::feeder(fed_api& api, const feeding& plan, pid_t function, at_rest hooks)
    : thread_([this, &api, &plan, function, hooks = std::move(hooks)] {
          try {
              answer_ = api.feed(plan, function, hooks);
          } catch (...) {
              failure_ = std::current_exception();
          }
          ::kill(function, SIGKILL);
      }) {}

feeder::~feeder() {
    if (thread_.joinable())
        thread_.join();
}

std::string feeder::finish() {
    thread_.join();
    if (failure_)
        std::rethrow_exception(failure_);
    return answer_;
}

void print_head(const feeding& plan) {
    std::printf("invocations %u\n", plan.invocations());
}

void print_answer(const feeding& plan, const std::string& answer) {
    if (plan.answer)
        std::printf("answer %s\n", answer.c_str());
}

void print_slope(const feeding& plan, const char* name, unsigned long long total) {
    std::printf("%s %llu\n%s_per_invocation %.3f\n", name, total, name,
                static_cast<double>(total) / plan.invocations());
}

} // namespace bench
