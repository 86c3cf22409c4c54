// SPDX-License-Identifier: Apache-2.0
#include "json_file.hpp"

#include <cstddef>
#include <stdexcept>

namespace bench {

json_file::json_file(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "w")) {
    if (!file_)
        throw std::runtime_error(path_ + " cannot be written");
}

void json_file::print(const char* name, const series& values) const {
    std::fprintf(get(), "\"%s\": [", name);
    for (std::size_t i = 0; i != values.size(); ++i)
        std::fprintf(get(), i == 0 ? "%.1f" : ", %.1f", values[i]);
    std::fputs("]", get());
}

void json_file::finish() const {
    if (std::fflush(get()) != 0)
        throw std::runtime_error(path_ + " cannot be written");
}

} // namespace bench
