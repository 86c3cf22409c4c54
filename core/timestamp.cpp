// SPDX-License-Identifier: Apache-2.0
#include <spry/core/timestamp.hpp>

#include <cstddef>

namespace spry {

namespace {

void put(char* at, unsigned number, std::size_t digits) noexcept {
    while (digits > 0) {
        at[--digits] = static_cast<char>('0' + number % 10);
        number /= 10;
    }
}

} // namespace

timestamp::timestamp(std::chrono::system_clock::time_point when) noexcept {
    using namespace std::chrono;
    const auto milliseconds_since_epoch = floor<milliseconds>(when);
    const auto day = floor<days>(milliseconds_since_epoch);
    const year_month_day date{day};
    const hh_mm_ss<milliseconds> time{milliseconds_since_epoch - day};

    text_ = {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
             '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
    put(&text_[0], static_cast<unsigned>(static_cast<int>(date.year())), 4);
    put(&text_[5], static_cast<unsigned>(date.month()), 2);
    put(&text_[8], static_cast<unsigned>(date.day()), 2);
    put(&text_[11], static_cast<unsigned>(time.hours().count()), 2);
    put(&text_[14], static_cast<unsigned>(time.minutes().count()), 2);
    put(&text_[17], static_cast<unsigned>(time.seconds().count()), 2);
    put(&text_[20], static_cast<unsigned>(time.subseconds().count()), 3);
}

} // namespace spry
