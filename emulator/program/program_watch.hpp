// SPDX-License-Identifier: Apache-2.0
// program_watch: replaces a function's processes when its program's file changes (--watch).
#pragma once

#include <spry/emulator/emulator.hpp>
#include <spry/emulator/host.hpp>
#include <spry/io/pipe.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// A file that has changed is left alone until it has not for so long: a linker writes it in many
/// steps, and makes it executable in one of its own.
inline constexpr std::chrono::milliseconds watch_quiet_time{200};

/// Looks at a function's program and at the arguments that are files, as an interpreter's are, by
/// way of inotify(7) on their folders: whoever builds a file may write it, or put another one in
/// its place.
class program_watch final : public companion {
public:
    /// Begins to look. What is wrong, as a sentence, or none.
    std::optional<std::string> watch(io::event_loop& loop,
                                     const std::vector<function_program>& functions);

    task<> accompany(io::event_loop& loop, emulator& local, stop_token stop) override;

private:
    struct watched_file {
        int folder; // inotify's number
        std::string name;
        std::size_t function;
    };

    std::optional<std::string> add(const std::string& path, std::size_t function);
    bool note_changes(); // false where there is none
    void note(int folder, std::string_view name);

    std::optional<io::pipe_reader> events_;
    int inotify_ = -1; // belongs to events_
    std::vector<watched_file> files_;
    std::vector<bool> changed_; // of each function
};

} // namespace spry::emulator
