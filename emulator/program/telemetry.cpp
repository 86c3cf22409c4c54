// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/telemetry.hpp>

#include <spry/emulator/function_log.hpp>
#include <spry/emulator/invocation.hpp>

#include <algorithm>
#include <utility>

namespace spry::emulator {

namespace {

constexpr std::string_view success = "success";

std::size_t index_of(telemetry_category category) noexcept {
    return static_cast<std::size_t>(category);
}

} // namespace

telemetry::telemetry(io::event_loop& loop, const function_program& of) noexcept
    : loop_(loop),
      program_(of),
      json_lines_(find_variable(of.environment, "AWS_LAMBDA_LOG_FORMAT") == "JSON") {}

void telemetry::initialisation_begun(bool in_invocation) {
    in_invocation_ = in_invocation;
    publish(telemetry_category::platform, init_start_event(program_, in_invocation));
}

void telemetry::runtime_initialised() {
    runtime_has_initialised_ = true;
    publish(telemetry_category::platform,
            init_runtime_done_event(program_, in_invocation_, {success, {}, {}}));
}

void telemetry::initialisation_ended(const initialisation_report& how) {
    if (!std::exchange(runtime_has_initialised_, true))
        publish(telemetry_category::platform,
                init_runtime_done_event(program_, in_invocation_, how));
    publish(telemetry_category::platform, init_report_event(program_, in_invocation_, how));
    is_open_ = false;
    early_ = {};
}

void telemetry::extension_changed(std::string_view name, std::string_view state,
                                  const extension_events& wants, std::string_view error_type) {
    publish(telemetry_category::platform, extension_event(name, state, wants, error_type));
}

telemetry::running* telemetry::find(std::string_view request_id) noexcept {
    for (running& each : running_) {
        if (each.request_id == request_id)
            return &each;
    }
    return nullptr;
}

void telemetry::invocation_begun(const invocation& what) {
    running* known = find(what.request_id); // one that a worker has not been given at first
    if (known == nullptr)
        known = &running_.emplace_back();
    *known = {};
    known->request_id = what.request_id;
    known->trace_id = what.trace_id;
    known->begun = io::clock::now();
    publish(telemetry_category::platform,
            start_event(program_, {what.request_id, what.trace_id, {}, {}, {}}));
}

void telemetry::answer_begun(std::string_view request_id) {
    if (running* const of = find(request_id))
        of->answer_begun = io::clock::now();
}

void telemetry::answer_ended(std::string_view request_id, std::uint64_t bytes) {
    if (running* const of = find(request_id)) {
        of->answer_ended = io::clock::now();
        of->bytes = bytes;
    }
}

void telemetry::runtime_done(std::string_view request_id) {
    running* const of = find(request_id);
    if (of != nullptr && !of->done)
        end_runtime(*of, success, {});
}

void telemetry::end_runtime(running& of, std::string_view status, std::string_view error_type) {
    of.done = io::clock::now();
    telemetry_invocation what{of.request_id, of.trace_id, status, error_type, {}};
    if (of.answer_begun && of.answer_ended) {
        what.spans.push_back({"responseLatency", of.begun, *of.answer_begun});
        what.spans.push_back({"responseDuration", *of.answer_begun, *of.answer_ended});
        what.spans.push_back({"runtimeOverhead", *of.answer_ended, *of.done});
    }
    publish(telemetry_category::platform, runtime_done_event(what, *of.done - of.begun, of.bytes));
}

void telemetry::invocation_ended(std::string_view request_id, const invocation_report& how) {
    running* const of = find(request_id);
    if (of == nullptr)
        return;
    const bool is_managed = program_.managed_concurrency != 0;
    std::string_view status = how.status;
    if (status.empty()) // without its answer it was cut short by the emulator's end
        status = of->answer_ended ? success : "failure";
    telemetry_invocation what{of->request_id, of->trace_id, status, how.error_type, {}};
    if (!of->done && !is_managed)
        end_runtime(*of, status, how.error_type);
    else if (of->done)
        what.spans.push_back({"extensionOverhead", *of->done, io::clock::now()});
    publish(telemetry_category::platform, report_event(what, how));
    running_.erase(running_.begin() + (of - running_.data()));
}

void telemetry::printed_lines::printed(std::string_view lines) {
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size() - 1);
        to_.publish(by_, printed_event(by_, lines.substr(0, end), to_.json_lines_));
        lines.remove_prefix(end + 1);
    }
}

void telemetry::publish(telemetry_category category, std::string event) {
    for (const auto& each : subscribers_) {
        if (each->wants(category))
            each->add(event);
    }
    if (is_open_)
        keep_early(category, std::move(event));
}

void telemetry::keep_early(telemetry_category category, std::string event) {
    if (early_bytes_ + event.size() > early_telemetry_bytes_max) {
        early_losses_[index_of(category)].add({1, event.size()});
        return;
    }
    early_bytes_ += event.size();
    early_.push_back({category, std::move(event)});
}

void telemetry::subscribe(std::string_view name, telemetry_subscription what) {
    const bool is_known = std::any_of(subscribers_.begin(), subscribers_.end(),
                                      [&](const auto& each) { return each->name() == name; });
    std::string told =
        subscription_event(name, is_known ? "Already subscribed" : "Subscribed", what);
    if (!is_known) {
        subscribers_.push_back(std::make_unique<telemetry_subscriber>(loop_, name, what));
        telemetry_subscriber& added = *subscribers_.back();
        scope_.spawn(added.run(ended_.token()));
        for (const early_event& each : early_) {
            if (added.wants(each.category))
                added.add(each.text);
        }
        for (std::size_t i = 0; i != early_losses_.size(); ++i) {
            if (what.categories[i])
                added.lose(early_losses_[i]);
        }
    }
    publish(telemetry_category::platform, std::move(told));
}

task<> telemetry::flush(stop_token at_once) {
    is_open_ = false;
    stop_source over;
    auto leave = [&over] { over.request_stop(); };
    const stop_callback<decltype(leave)> on_at_once{at_once, leave};
    stop_source done;
    task_scope patience;
    patience.spawn(end_flush(done.token(), &over));
    for (const auto& each : subscribers_)
        each->hurry_up();
    for (const auto& each : subscribers_)
        co_await each->idle(over.token());
    done.request_stop();
    co_await patience.join();
}

task<> telemetry::end_flush(stop_token unless, stop_source* over) {
    const result<> slept = co_await loop_.sleep_for(telemetry_flush_time, unless);
    if (slept)
        over->request_stop();
}

task<> telemetry::end() {
    ended_.request_stop();
    co_await scope_.join();
}

} // namespace spry::emulator
