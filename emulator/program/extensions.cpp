// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/extensions.hpp>

#include <spry/core/json_writer.hpp>
#include <spry/emulator/error_document.hpp>
#include <spry/emulator/identifiers.hpp>
#include <spry/emulator/invocation.hpp>
#include <spry/emulator/program/extension_folder.hpp>
#include <spry/io/pipe.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory_resource>
#include <utility>

namespace spry::emulator {

namespace {

std::int64_t epoch_ms(io::time_point when) {
    const auto at = std::chrono::system_clock::now().time_since_epoch() + (when - io::clock::now());
    return std::chrono::duration_cast<std::chrono::milliseconds>(at).count();
}

std::string invoke_event(const invocation& what, std::int64_t deadline_epoch_ms) {
    json::writer to{*std::pmr::new_delete_resource()};
    to.begin_object();
    to.key("eventType");
    to.string("INVOKE");
    to.key("deadlineMs");
    to.integer(deadline_epoch_ms);
    to.key("requestId");
    to.string(what.request_id);
    to.key("invokedFunctionArn");
    to.string(what.function_arn);
    to.key("tracing");
    to.begin_object();
    to.key("type");
    to.string("X-Amzn-Trace-Id");
    to.key("value");
    to.string(what.trace_id);
    to.end_object();
    to.end_object();
    return std::string{to.text()};
}

std::string shutdown_event(std::string_view reason, std::int64_t deadline_epoch_ms) {
    json::writer to{*std::pmr::new_delete_resource()};
    to.begin_object();
    to.key("eventType");
    to.string("SHUTDOWN");
    to.key("deadlineMs");
    to.integer(deadline_epoch_ms);
    to.key("shutdownReason");
    to.string(reason);
    to.end_object();
    return std::string{to.text()};
}

// How the process ended, in the words of the function's.
std::string end_message(std::string_view name, const result<io::exit_status>& ended) {
    constexpr std::size_t who = std::string_view{"Runtime"}.size();
    std::string text = "Extension ";
    text += name;
    text += ended ? exit_message(*ended).substr(who) : " is lost: " + ended.error().message();
    return text;
}

} // namespace

extensions::extensions(io::event_loop& loop, const function_program& of, extension_watcher& watcher)
    : loop_(loop), program_(of), watcher_(watcher), telemetry_(loop, of), changed_(loop) {}

task<> extensions::start(io::address runtime_api, function_log& log, stop_token stop) {
    launch_all(runtime_api, log);
    while (!failure_ && !all_registered()) {
        changed_.reset();
        const result<> changed = co_await changed_.wait(stop);
        if (!changed)
            co_return;
    }
    drain_output(); // before the function prints
}

void extensions::launch_all(const io::address& runtime_api, function_log& log) {
    if (program_.extensions.empty())
        return;
    // Of their own, so that they and the function can be told apart.
    result<io::pipe_ends> pipe = io::make_pipe(loop_);
    if (!pipe) {
        fail("Extension.LaunchError",
             "There is no pipe for the extensions' output: " + pipe.error().message());
        return;
    }
    output_.emplace(loop_, std::move(pipe->reader), log, &telemetry_.of_extension_output());
    output_scope_.spawn(output_->run(output_over_.token()));
    const std::vector<std::string> environment = function_environment(program_, runtime_api);
    for (const std::string& path : program_.extensions) {
        if (!failure_)
            launch(path, environment, pipe->writer.get());
    }
}

void extensions::drain_output() {
    if (output_)
        output_->drain();
}

void extensions::launch(const std::string& path, const std::vector<std::string>& environment,
                        int output) {
    auto added = std::make_unique<extension>(loop_);
    added->name = extension_name(path);
    io::child_options options;
    options.program = path;
    options.arguments = {path};
    options.environment = environment;
    options.standard_output = output;
    options.standard_error = output;
    result<io::child_process> process = io::child_process::start(loop_, options);
    if (!process) {
        telemetry_.extension_changed(added->name, "LaunchError", {}, "Extension.LaunchError");
        fail("Extension.LaunchError",
             "Extension " + added->name + " cannot be started: " + process.error().message());
        return;
    }
    all_.push_back(std::move(added));
    scope_.spawn(watch(all_.back().get(), std::move(*process)));
}

task<> extensions::watch(extension* of, io::child_process process) {
    of->process = &process;
    const result<io::exit_status> ended = co_await process.wait();
    of->process = nullptr;
    if (shutting_down_)
        co_return;
    constexpr std::string_view type = "Extension.Crash";
    telemetry_.extension_changed(of->name, "Exited", of->wants, type);
    fail(type, end_message(of->name, ended));
}

bool extensions::all_registered() const noexcept {
    return std::none_of(all_.begin(), all_.end(),
                        [](const auto& each) { return each->id.empty(); });
}

bool extensions::is_idle() const noexcept {
    return std::all_of(all_.begin(), all_.end(), [](const auto& each) { return each->is_idle; });
}

extensions::extension* extensions::find(std::string_view name) noexcept {
    for (const auto& each : all_) {
        if (each->name == name)
            return each.get();
    }
    return nullptr;
}

void extensions::fail(std::string_view type, std::string message) {
    if (failure_)
        return; // the first one has led to the others
    failure_ = extension_failure{std::string{type}, std::move(message)};
    changed_.set();
    watcher_.extensions_changed();
}

void extensions::give(extension& to, std::string event) {
    to.event = std::move(event);
    to.is_idle = false;
    to.wake();
}

void extensions::begin_invocation(const invocation& what, std::int64_t deadline_epoch_ms) {
    for (const auto& each : all_) {
        if (each->wants.invoke)
            give(*each, invoke_event(what, deadline_epoch_ms));
    }
}

task<> extensions::shut_down(std::string_view reason, io::time_point deadline, stop_token at_once) {
    shutting_down_ = true;
    // How the last invocation has ended, before they exit with their event.
    co_await telemetry_.flush(at_once);
    for (const auto& each : all_) {
        if (each->wants.shutdown && !each->has_failed)
            give(*each, shutdown_event(reason, epoch_ms(deadline)));
        else if (each->process != nullptr && !each->has_failed)
            each->process->signal_group(SIGKILL);
    }
    stop_source have_ended;
    task_scope patience;
    patience.spawn(kill_at(deadline, have_ended.token()));
    auto kill_now = [this] { signal(SIGKILL); };
    const stop_callback<decltype(kill_now)> on_at_once{at_once, kill_now};
    co_await scope_.join();
    have_ended.request_stop();
    co_await patience.join();
    drain_output();
    output_over_.request_stop();
    co_await output_scope_.join();
    co_await telemetry_.end();
}

task<> extensions::kill_at(io::time_point deadline, stop_token unless) {
    const result<> slept = co_await loop_.sleep_until(deadline, unless);
    if (slept)
        signal(SIGKILL);
}

void extensions::signal(int number) noexcept {
    for (const auto& each : all_) {
        if (each->process != nullptr)
            each->process->signal_group(number);
    }
}

void extensions::list_processes(std::vector<int>& into) const {
    for (const auto& each : all_) {
        if (each->process != nullptr)
            into.push_back(each->process->pid());
    }
}

std::unique_ptr<extension_host> make_extensions(io::event_loop& loop, const function_program& of,
                                                extension_watcher& watcher) {
    return std::make_unique<extensions>(loop, of, watcher);
}

} // namespace spry::emulator
