// SPDX-License-Identifier: Apache-2.0
// extensions: the Extensions API of one environment, and its external extensions (runtime contract
// 7.6).
#pragma once

#include <spry/core/task_scope.hpp>
#include <spry/emulator/api_answer.hpp>
#include <spry/emulator/extension_host.hpp>
#include <spry/emulator/function_output.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/program/extension_request.hpp>
#include <spry/emulator/program/telemetry.hpp>
#include <spry/io/async_event.hpp>
#include <spry/io/child_process.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// So many may register with one environment.
inline constexpr std::size_t extensions_max = 10;

/// An external extension is a file of the folder, by its name; its process is started before the
/// function's. Any other name is an internal one, a part of the function's process. What ends
/// without having been asked to, or reports an error, ends the environment.
class extensions final : public extension_host {
public:
    extensions(io::event_loop& loop, const function_program& of, extension_watcher& watcher);

    task<> start(io::address runtime_api, function_log& log, stop_token stop) override;
    task<bool> handle(http::exchange& exchange, stop_token ending) override;
    environment_watcher& watcher() noexcept override { return telemetry_; }
    void drain_output() override;
    void begin_invocation(const invocation& what, std::int64_t deadline_epoch_ms) override;
    bool is_idle() const noexcept override;
    bool has_processes() const noexcept override { return !program_.extensions.empty(); }
    const std::optional<extension_failure>& failure() const noexcept override { return failure_; }
    task<> shut_down(std::string_view reason, io::time_point deadline, stop_token at_once) override;
    void signal(int number) noexcept override;
    void list_processes(std::vector<int>& into) const override;

private:
    struct extension {
        explicit extension(io::event_loop& loop) noexcept : changed(loop) {}
        void wake() noexcept { // who waits now, and nobody later
            changed.set();
            changed.reset();
        }
        std::string name;
        std::string id; // empty: not registered
        extension_events wants;
        bool is_idle = false;    // it has asked for an event, and none has come since
        bool has_failed = false; // by its own account
        std::string event;       // what it gets next
        std::size_t asked = 0;   // GET nexts so far; only the last one gets the event
        io::async_event changed;
        io::child_process* process = nullptr; // an external one's, while it runs
    };

    void launch_all(const io::address& runtime_api, function_log& log);
    void launch(const std::string& path, const std::vector<std::string>& environment, int output);
    task<> watch(extension* of, io::child_process process);
    bool all_registered() const noexcept;
    extension* find(std::string_view name) noexcept;
    void fail(std::string_view type, std::string message);
    void give(extension& to, std::string event);
    task<> kill_at(io::time_point deadline, stop_token unless);

    task<> register_extension(http::exchange* exchange, stop_token ending);
    std::optional<api_refusal> admit(std::string name, const extension_events& wants,
                                     extension** admitted);
    task<> next(http::exchange* exchange, extension* of, stop_token ending);
    task<> report(http::exchange* exchange, extension* of, bool in_init, stop_token ending);
    task<> subscribe(http::exchange* exchange, const extension* of, stop_token ending);
    std::optional<api_refusal> identify(const http::exchange& exchange, extension** found);

    io::event_loop& loop_;
    const function_program& program_;
    extension_watcher& watcher_;
    telemetry telemetry_;
    std::vector<std::unique_ptr<extension>> all_; // external ones first
    std::optional<extension_failure> failure_;
    io::async_event changed_;               // somebody has registered or failed
    task_scope scope_;                      // of those that watch processes
    std::optional<function_output> output_; // the external ones'
    task_scope output_scope_;
    stop_source output_over_;
    bool shutting_down_ = false;
};

std::unique_ptr<extension_host> make_extensions(io::event_loop& loop, const function_program& of,
                                                extension_watcher& watcher);

} // namespace spry::emulator
