// SPDX-License-Identifier: Apache-2.0
// lifetime_probe: counts its own constructions and destructions, so that a test sees a leak, a
// double destruction and a needless copy.
#pragma once

namespace spry::tests {

/// What the probes of one test have done; outlives them.
struct lifetime_counts {
    int constructed = 0; ///< by value, copy or move
    int destroyed = 0;
    int copied = 0;

    int alive() const noexcept { return constructed - destroyed; }
};

/// A value with an identity: `id` goes along when it is moved or copied.
class lifetime_probe {
public:
    explicit lifetime_probe(lifetime_counts& counts, int number = 0) noexcept
        : id(number), counts_(&counts) {
        ++counts_->constructed;
    }
    lifetime_probe(const lifetime_probe& other) noexcept : id(other.id), counts_(other.counts_) {
        ++counts_->constructed;
        ++counts_->copied;
    }
    lifetime_probe(lifetime_probe&& other) noexcept : id(other.id), counts_(other.counts_) {
        ++counts_->constructed;
        other.id = -1;
    }
    lifetime_probe& operator=(const lifetime_probe&) = delete;
    ~lifetime_probe() { ++counts_->destroyed; }

    int id;

private:
    lifetime_counts* counts_;
};

} // namespace spry::tests
