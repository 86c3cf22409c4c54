// SPDX-License-Identifier: Apache-2.0
#include "function_counts.hpp"

#include "symbols.hpp"

#include <cstdio>
#include <functional>
#include <iterator>
#include <map>

namespace bench {

void function_counts::print(const std::string& program, double divisor) const {
    std::map<std::uint64_t, std::string> names;
    for (const auto& [name, address] : function_addresses(program))
        names.emplace(address, name);
    std::map<std::string, std::uint64_t> totals;
    for (const auto& [address, times] : executed_) {
        const auto behind = names.upper_bound(address);
        totals[behind == names.begin() ? "?" : std::prev(behind)->second] += times;
    }
    std::multimap<std::uint64_t, std::string, std::greater<>> ranking;
    for (const auto& [name, total] : totals)
        ranking.emplace(total, name);
    for (const auto& [total, name] : ranking)
        std::printf("function %s %.1f\n", name.c_str(), static_cast<double>(total) / divisor);
}

} // namespace bench
