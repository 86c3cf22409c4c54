// SPDX-License-Identifier: Apache-2.0
// The events of bench/events, with what a reader needs to be readable behind them.
#pragma once

#include <spry/core/json.hpp>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace bench {

inline std::string event_file(const std::string& name) {
    std::ifstream file(BENCH_EVENTS "/" + name + ".json", std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.empty())
        throw std::runtime_error("nothing to read in " BENCH_EVENTS "/" + name + ".json");
    text.reserve(text.size() + spry::json::padding);
    return text;
}

} // namespace bench
