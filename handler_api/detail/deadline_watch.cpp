// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/deadline_watch.hpp>

#include <spry/core/continuation.hpp>
#include <spry/core/fixed_text.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/program_image.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace spry::detail {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds report_lead_max = 200ms;
constexpr milliseconds wall_clock_interval = 1s;

// More operations are counted, and more coroutines left out.
constexpr std::size_t operations_max = 8;
constexpr std::size_t coroutines_max = 8;
// A longer chain is not followed to its end.
constexpr std::size_t chain_max = 256;
// All of these, and the build id, in full. A crash record's text has this size as well, which
// spares a function a second copy of the code.
constexpr std::size_t report_bytes_max = 4096;

// By opcode.
constexpr std::array<std::string_view, 10> names{
    "receive", "receive",
    "send",    "accept",
    "connect", "read",
    "write",   "wait until readable",
    "sleep",   "wait for another coroutine or thread",
};
static_assert(names.size() == static_cast<std::size_t>(io::opcode::resume) + 1);

struct findings {
    const void* work; ///< its frame
    io::time_point begun;
    io::time_point now;
    std::size_t count = 0;
    fixed_text<report_bytes_max> text;

    [[gnu::noinline]] void append(std::string_view what) noexcept { text.append(what); }
    [[gnu::noinline]] void append_number(std::int64_t number) noexcept {
        text.append_decimal(static_cast<std::uintptr_t>(number));
    }
    [[gnu::noinline]] void append_time(std::string_view before, io::clock::duration time) noexcept {
        append(before);
        append_number(std::chrono::duration_cast<milliseconds>(time).count());
        append(" ms");
    }
};

bool leads_to(const void* work, continuation at) noexcept {
    for (std::size_t i = 0; at && i < chain_max; ++i, at = at.awaited_by()) {
        if (at.address() == work)
            return true;
    }
    return false;
}

void note(const io::operation& op, void* argument) noexcept {
    findings& by = *static_cast<findings*>(argument);
    if (!leads_to(by.work, op.waiter) || ++by.count > operations_max)
        return;
    by.append(names[static_cast<std::size_t>(op.code)]);
    if (op.fd >= 0) {
        by.append(" on descriptor ");
        by.append_number(op.fd);
    }
    if (op.code == io::opcode::sleep)
        by.append_time(" of ", op.deadline - op.since);
    // What has no time was submitted before the watch began, in the same turn of the loop: in each
    // later one the loop looks at the watch's timer.
    by.append_time(" for ", by.now - (op.since == io::time_point{} ? by.begun : op.since));
    if (op.state == io::operation::progress::cancelling)
        by.append(", cancelled");
    std::string_view before = ", in ";
    std::size_t left = coroutines_max;
    for (continuation at = op.waiter; at.address() != by.work; at = at.awaited_by()) {
        if (left-- == 0) {
            by.append(" and others");
            break;
        }
        by.append(before);
        by.text.append_hex(io::link_address(*static_cast<const void* const*>(at.address())));
        before = " ";
    }
    by.append("; ");
}

// Apart, so that its four kilobytes of text are in no coroutine's frame.
[[gnu::noinline]] void report(const context& about, const void* work,
                              io::time_point begun) noexcept {
    findings found{work, begun, about.loop().now(), 0, {}};
    about.loop().visit_pending(note, &found);
    if (found.count == 0)
        found.append("nothing that the event loop knows of; ");
    if (found.count > operations_max) {
        found.append_number(static_cast<std::int64_t>(found.count - operations_max));
        found.append(" more; ");
    }
    found.append("build id ");
    for (const std::byte each : io::build_id()) {
        constexpr std::string_view digits = "0123456789abcdef";
        found.append(digits.substr(std::to_integer<std::size_t>(each >> 4), 1));
        found.append(digits.substr(std::to_integer<std::size_t>(each & std::byte{15}), 1));
    }
    about.log().error("the handler is about to miss its deadline", {{"awaits", found.text.view()}});
}

task<> watch_deadline(const void* work, const context* about, stop_source* stop, stop_token ended) {
    io::event_loop& loop = about->loop();
    const io::time_point begun = loop.now();
    const io::time_point deadline =
        begun + std::chrono::duration_cast<io::clock::duration>(about->remaining_time());
    milliseconds left = about->stop_margin();
    bool is_stopped = false;
    while (true) {
        const io::time_point due = deadline - left;
        const io::time_point next = std::min(due, loop.now() + wall_clock_interval);
        const result<> slept = co_await loop.sleep_until(next, ended);
        if (!slept || ended.stop_requested())
            co_return;
        if (loop.now() < due && about->remaining_time() > left)
            continue;
        if (is_stopped)
            break;
        is_stopped = true;
        stop->request_stop();
        left = std::min(left / 2, report_lead_max);
    }
    report(*about, work, begun);
}

} // namespace

task<> await_beside_deadline(task<>* work, const context* about, stop_source* stop) {
    stop_source ended;
    task<> watch = watch_deadline(work->address(), about, stop, ended.token());
    watch.start();
    co_await std::move(*work);
    ended.request_stop();
    co_await std::move(watch);
}

} // namespace spry::detail
