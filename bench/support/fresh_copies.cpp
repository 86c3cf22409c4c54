// SPDX-License-Identifier: Apache-2.0
#include "fresh_copies.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace bench {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t copied_bytes_max = 16 * 1024 * 1024;

bool is_ours(const fs::path& file) {
    std::error_code error;
    const fs::path here = fs::current_path(error);
    const fs::path there = fs::canonical(file, error);
    return !error &&
           std::mismatch(here.begin(), here.end(), there.begin(), there.end()).first == here.end();
}

} // namespace

fresh_copies::~fresh_copies() {
    std::error_code gone;
    for (const auto& [program, made] : copies_)
        fs::remove(made.path, gone);
}

std::string fresh_copies::of(const std::string& program) {
    const auto known = copies_.find(program);
    if (known != copies_.end() && known->second.number == number_)
        return known->second.path;
    std::error_code error;
    if (!fs::is_regular_file(fs::symlink_status(program, error)) || !is_ours(program) ||
        fs::file_size(program, error) > copied_bytes_max || error)
        return program;
    // Made before the last one goes, whose pages it would get otherwise. Two names are enough: what
    // a run leaves that is interrupted, the next one takes away.
    const std::string path = program + ".copy" + std::to_string(number_ % 2);
    fs::remove(path, error);
    if (!fs::copy_file(program, path, error))
        return program;
    if (known != copies_.end())
        fs::remove(known->second.path, error);
    copies_.insert_or_assign(program, copy{number_, path});
    return path;
}

} // namespace bench
