// SPDX-License-Identifier: Apache-2.0
// spry-emulator as a program, in front of the fake function, judged from outside.
#pragma once

#include "release/local_function.hpp"

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

namespace started {

using release::http_answer;
using release::strings;

class emulator_program : public release::leaves_no_process {};

inline strings with_fake(const strings& flags, const strings& how = {}) {
    return release::joined(release::joined(flags, {SPRY_FAKE_FUNCTION}), how);
}

/// spry-emulator on a free port with these flags, and the fake function behind it.
class emulator : public release::local_function {
public:
    explicit emulator(const strings& flags = {}, const strings& variables = {},
                      const strings& how = {}, int (*prepare)() = release::die_with_parent)
        : local_function(SPRY_EMULATOR, with_fake(flags, how), variables, prepare) {}
};

/// Runs it to its end.
inline release::finished run(const strings& arguments, const strings& variables = {},
                             int (*prepare)() = release::die_with_parent) {
    return release::run_to_end(
        release::joined({SPRY_EMULATOR}, arguments),
        release::overlaid({"PATH=/usr/bin:/bin", "SPRY_LISTEN=127.0.0.1:0"}, variables),
        release::patience, prepare);
}

/// Waits until somebody listens there.
inline void wait_for_listener(std::uint16_t port) {
    const auto deadline = release::clock::now() + release::patience;
    while (release::dial(port).get() < 0) {
        if (release::clock::now() > deadline) {
            ADD_FAILURE() << "nobody listens on port " << port;
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

/// A folder that goes with its object.
class folder {
public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "spry-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            ADD_FAILURE() << "no folder: " << name;
        path_ = name;
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const noexcept { return path_; }

    /// A file in it, executable or not; its path.
    std::string file(const std::string& name, std::string_view content, bool executable) const {
        const std::filesystem::path path = path_ / name;
        std::ofstream(path, std::ios::binary) << content;
        ::chmod(path.c_str(), executable ? 0755 : 0644);
        return path.string();
    }

private:
    std::filesystem::path path_;
};

} // namespace started
