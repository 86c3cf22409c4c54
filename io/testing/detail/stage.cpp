// SPDX-License-Identifier: Apache-2.0
#include <spry/io/testing/detail/stage.hpp>

#include <spry/core/assert.hpp>
#include <spry/io/standard_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>

namespace spry::io::testing::detail {

namespace {

// Not the clock's epoch: a point in time that was forgotten to be set would look like now.
constexpr time_point beginning{std::chrono::hours{1}};

// What always happens would leave a run that never ends.
constexpr unsigned permille_max = 900;

std::string seconds_text(clock::duration since) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
    const std::string fraction = std::to_string(micros % 1'000'000);
    return std::to_string(micros / 1'000'000) + "." + std::string(6 - fraction.size(), '0') +
           fraction;
}

} // namespace

stage::stage(const script& how, record* into) noexcept
    : how_(how),
      random_(how.seed),
      record_(into != nullptr ? into : &own_record_),
      now_(beginning) {
    *record_ = record{};
    mix(how.seed);
}

void stage::advance_to(time_point when) noexcept {
    now_ = std::max(now_, when);
    if (strikes(how_.faults.clock_jumps)) {
        const auto jump_max = static_cast<std::uint64_t>(how_.faults.jump_max.count());
        now_ += std::chrono::milliseconds{random_.below(jump_max + 1)};
    }
}

time_point stage::arrival() noexcept {
    if (!strikes(how_.faults.delays))
        return now_;
    const auto delay_max = static_cast<std::uint64_t>(how_.faults.delay_max.count());
    return now_ + std::chrono::microseconds{random_.below(delay_max + 1)};
}

bool stage::strikes(unsigned permille) noexcept {
    const bool happens = random_.chance(std::min(permille, permille_max));
    record_->faults_injected += happens ? 1 : 0;
    return happens;
}

void stage::mix(std::uint64_t value) noexcept {
    record_->trace_hash = random_source::mixed(record_->trace_hash ^ random_source::mixed(value));
}

void stage::note(std::string_view what, unsigned number, std::int64_t count) noexcept {
    ++record_->events;
    mix(static_cast<std::uint64_t>((now_ - beginning).count()));
    for (const char c : what)
        mix(static_cast<unsigned char>(c));
    mix(number);
    mix(static_cast<std::uint64_t>(count));
    if (!how_.keeps_trace)
        return;
    record_->trace += seconds_text(now_ - beginning) + " " + std::to_string(number) + ": " +
                      std::string{what} + " " + std::to_string(count) + "\n";
}

void stage::note_bytes(std::string_view what, unsigned number,
                       std::span<const std::byte> bytes) noexcept {
    note(what, number, static_cast<std::int64_t>(bytes.size()));
    for (; !bytes.empty();) {
        std::uint64_t word = 0;
        const std::size_t size = std::min(bytes.size(), sizeof word);
        std::memcpy(&word, bytes.data(), size);
        mix(word);
        bytes = bytes.subspan(size);
    }
}

void stage::give_up(std::string_view why) noexcept {
    const std::string seed = std::to_string(how_.seed);
    write_error_line({"the scripted run with seed ", seed, " ", why});
    constexpr std::size_t last_words_max = 2000;
    const std::string_view trace = record_->trace;
    write_error_line({trace.substr(trace.size() - std::min(trace.size(), last_words_max))});
    SPRY_ASSERT(false && "the scripted run goes on");
}

} // namespace spry::io::testing::detail
