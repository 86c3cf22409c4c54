// SPDX-License-Identifier: Apache-2.0
// fresh_copies: programs at other places in memory.
#pragma once

#include <map>
#include <string>

namespace bench {

/// Copies of program files, to be executed in their place. The kernel keeps a file's pages where it
/// has read or written them, and which of them share a set of a processor's cache makes a turn some
/// hundredths quicker or slower, for as long as the file is kept: a ratio of two files that lie
/// where they happen to lie is another one in each run.
class fresh_copies {
public:
    fresh_copies() = default;
    fresh_copies(const fresh_copies&) = delete;
    fresh_copies& operator=(const fresh_copies&) = delete;
    ~fresh_copies();

    /// From here on new ones.
    void renew() noexcept { ++number_; }
    /// The copy of this file, beside it, one for all who ask until `renew`; or `program` itself
    /// where that is no plain file below the working directory, as interpreters are, or is larger
    /// than 16 MiB, or cannot be copied.
    std::string of(const std::string& program);

private:
    struct copy {
        unsigned number;
        std::string path;
    };
    unsigned number_ = 0;
    std::map<std::string, copy> copies_; // by the original's path
};

} // namespace bench
