// SPDX-License-Identifier: Apache-2.0
// The file that a benchmark leaves, written with printf.
#pragma once

#include "subjects.hpp"

#include <cstdio>
#include <memory>
#include <string>

namespace bench {

class json_file {
public:
    /// Throws std::runtime_error, which names the path, where it cannot be written.
    explicit json_file(const std::string& path);

    std::FILE* get() const noexcept { return file_.get(); }
    /// `"name": [1.0, 2.5]`
    void print(const char* name, const series& values) const;
    /// Throws as the constructor, where not all has been written.
    void finish() const;

private:
    struct close_file {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::string path_;
    std::unique_ptr<std::FILE, close_file> file_;
};

} // namespace bench
