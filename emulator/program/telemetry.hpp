// SPDX-License-Identifier: Apache-2.0
// telemetry: what happens in one environment and what is printed there, for the extensions that
// have subscribed to it (runtime contract 7.7).
#pragma once

#include <spry/core/stop_token.hpp>
#include <spry/core/task.hpp>
#include <spry/core/task_scope.hpp>
#include <spry/emulator/environment_watcher.hpp>
#include <spry/emulator/function_output.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/program/extension_request.hpp>
#include <spry/emulator/program/telemetry_buffer.hpp>
#include <spry/emulator/program/telemetry_event.hpp>
#include <spry/emulator/program/telemetry_request.hpp>
#include <spry/emulator/program/telemetry_subscriber.hpp>
#include <spry/io/event_loop.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// What is kept of an initialisation for those who subscribe later in it.
inline constexpr std::size_t early_telemetry_bytes_max = 1024 * 1024;
/// How long the last events may take at the end, before the extensions are told of it.
inline constexpr std::chrono::milliseconds telemetry_flush_time{250};

/// Turns what it is told into events, and gives each to all subscribers that want its category.
/// They may subscribe until the initialisation has ended, and get its events from its beginning on.
class telemetry final : public environment_watcher {
public:
    /// Both outlive this.
    telemetry(io::event_loop& loop, const function_program& of) noexcept;

    void initialisation_begun(bool in_invocation) override;
    void runtime_initialised() override;
    void initialisation_ended(const initialisation_report& how) override;
    void invocation_begun(const invocation& what) override;
    void answer_begun(std::string_view request_id) override;
    void answer_ended(std::string_view request_id, std::uint64_t bytes) override;
    void runtime_done(std::string_view request_id) override;
    void invocation_ended(std::string_view request_id, const invocation_report& how) override;
    output_watcher& of_function_output() noexcept override { return function_output_; }

    output_watcher& of_extension_output() noexcept { return extension_output_; }
    void extension_changed(std::string_view name, std::string_view state,
                           const extension_events& wants, std::string_view error_type);

    bool runtime_has_initialised() const noexcept { return runtime_has_initialised_; }
    /// One may subscribe.
    bool is_open() const noexcept { return is_open_; }
    /// One subscription for each name: another one changes nothing, and says so in its event.
    void subscribe(std::string_view name, telemetry_subscription what);

    /// Nobody may subscribe any more. Sends what there is, for at most `telemetry_flush_time` or
    /// until `at_once`; what comes later is sent without waiting for more.
    task<> flush(stop_token at_once);
    /// Nothing is sent any more. Where there are subscribers, before this dies.
    task<> end();

private:
    // What one who prints has printed.
    class printed_lines final : public output_watcher {
    public:
        printed_lines(telemetry& to, telemetry_category by) noexcept : to_(to), by_(by) {}
        void printed(std::string_view lines) override;

    private:
        telemetry& to_;
        const telemetry_category by_;
    };

    struct early_event {
        telemetry_category category;
        std::string text;
    };

    // An invocation from its START to its REPORT.
    struct running {
        std::string request_id;
        std::string trace_id;
        io::time_point begun;
        std::optional<io::time_point> answer_begun;
        std::optional<io::time_point> answer_ended;
        std::optional<io::time_point> done;
        std::uint64_t bytes = 0;
    };

    running* find(std::string_view request_id) noexcept;
    void end_runtime(running& of, std::string_view status, std::string_view error_type);
    void publish(telemetry_category category, std::string event);
    void keep_early(telemetry_category category, std::string event);
    task<> end_flush(stop_token unless, stop_source* over);

    io::event_loop& loop_;
    const function_program& program_;
    const bool json_lines_; // the function logs in JSON
    printed_lines function_output_{*this, telemetry_category::function};
    printed_lines extension_output_{*this, telemetry_category::extension};
    std::vector<early_event> early_;
    std::size_t early_bytes_ = 0;
    std::array<telemetry_loss, telemetry_category_names.size()> early_losses_; // of each category
    std::vector<std::unique_ptr<telemetry_subscriber>> subscribers_;
    std::vector<running> running_;
    bool in_invocation_ = false; // the initialisation is
    bool runtime_has_initialised_ = false;
    bool is_open_ = true;
    task_scope scope_; // of those that send
    stop_source ended_;
};

} // namespace spry::emulator
