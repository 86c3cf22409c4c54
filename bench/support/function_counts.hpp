// SPDX-License-Identifier: Apache-2.0
// In which functions of a program instructions were executed.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace bench {

class function_counts {
public:
    /// One instruction at this address of the program's memory.
    void add(std::uint64_t address) { ++executed_[address]; }

    /// Prints "function NAME QUOTIENT" for each function, most instructions first, the count
    /// divided by `divisor`; "?" is what lies outside all of them, as the kernel's vDSO does.
    /// Throws what `function_addresses` throws.
    void print(const std::string& program, double divisor) const;

private:
    std::unordered_map<std::uint64_t, std::uint64_t> executed_;
};

} // namespace bench
