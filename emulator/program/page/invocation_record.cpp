// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/page/invocation_record.hpp>

#include <spry/emulator/function_log.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/emulator/log_tail.hpp>

#include <algorithm>

namespace spry::emulator {

namespace {

std::string_view text_of(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void set_outcome(recorded_invocation& of, const function_outcome& outcome) {
    of.outcome = outcome.what;
    of.cause = outcome.why;
    of.error_type = outcome.type.substr(0, recorded_name_bytes_max);
    const std::string& answer = outcome.body.empty() ? outcome.message : outcome.body;
    if (of.answer.size != 0 && !answer.empty())
        of.answer.append("\n"); // what has broken off stands in front of why
    of.answer.append(answer);
}

} // namespace

void recorded_text::append(std::string_view more) {
    size += more.size();
    text += more.substr(0, recorded_text_bytes_max - text.size());
}

recorded_invocation& invocation_record::add(const function_program& by, const invocation& what) {
    if (all_.size() == recorded_invocations_max)
        all_.pop_front();
    recorded_invocation& added = all_.emplace_back();
    added.number = ++count_;
    added.request_id = what.request_id.substr(0, recorded_name_bytes_max);
    added.function = by.name.substr(0, recorded_name_bytes_max);
    added.started = std::chrono::system_clock::now();
    added.begun = io::clock::now();
    added.waited = std::max<std::chrono::nanoseconds>(added.begun - what.waits_since, {});
    added.memory_size_mib = by.memory_size_mib;
    added.event.append(text_of(what.event));
    return added;
}

void invocation_record::taken(const function_program& by, const invocation& what, int process) {
    recorded_invocation* const before = find_running(what.request_id);
    recorded_invocation& begun = before == nullptr ? add(by, what) : *before;
    begun.process = process;
    note_change();
}

void invocation_record::streamed(std::string_view request_id, std::span<const std::byte> piece) {
    recorded_invocation* const of = find_running(request_id);
    if (of == nullptr)
        return;
    of->answer.append(text_of(piece));
    note_change();
}

void invocation_record::answered(std::string_view request_id, const function_outcome& outcome) {
    recorded_invocation* const of = find_running(request_id);
    if (of == nullptr)
        return;
    set_outcome(*of, outcome);
    note_change();
}

void invocation_record::ended(std::string_view request_id, const invocation_report& report,
                              const log_tail& log) {
    recorded_invocation* const of = find_running(request_id);
    if (of == nullptr)
        return;
    of->is_over = true;
    of->duration = report.duration;
    of->init_duration = report.init_duration;
    of->max_memory_used_kib = report.max_memory_used_kib;
    if (of->error_type.empty())
        of->error_type = report.error_type.substr(0, recorded_name_bytes_max);
    of->log = log.text();
    note_change();
}

void invocation_record::given_up(const function_program& of, const invocation& what,
                                 const function_outcome& outcome) {
    recorded_invocation& added = add(of, what);
    set_outcome(added, outcome);
    added.is_over = true;
    note_change();
}

const recorded_invocation* invocation_record::find(std::uint64_t number) const noexcept {
    const std::uint64_t first = count_ - all_.size() + 1;
    return number < first || number > count_ ? nullptr : &all_[number - first];
}

const recorded_invocation* invocation_record::find(std::string_view request_id) const noexcept {
    const auto found = std::find_if(all_.rbegin(), all_.rend(), [request_id](const auto& each) {
        return each.request_id == request_id;
    });
    return found == all_.rend() ? nullptr : &*found;
}

recorded_invocation* invocation_record::find_running(std::string_view request_id) noexcept {
    const auto found = std::find_if(all_.rbegin(), all_.rend(), [request_id](const auto& each) {
        return !each.is_over && each.request_id == request_id;
    });
    return found == all_.rend() ? nullptr : &*found;
}

void invocation_record::note_change() noexcept {
    ++version_;
    // Whoever waits is made ready, and whoever comes later waits again.
    changed_.set();
    changed_.reset();
}

task<result<>> invocation_record::changed_since(std::uint64_t seen, stop_token stop) {
    while (version_ == seen) {
        const result<> woken = co_await changed_.wait(stop);
        if (!woken)
            co_return failure(woken.error());
    }
    co_return result<>{};
}

} // namespace spry::emulator
