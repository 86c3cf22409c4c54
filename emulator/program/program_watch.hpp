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

struct inotify_event;

namespace spry::emulator {

/// A file that has changed is left alone until it has not for so long: a linker writes it in many
/// steps, and makes it executable in one of its own. What else is written in its folder does not
/// count. A folder that is missing is looked for as often.
inline constexpr std::chrono::milliseconds watch_quiet_time{200};

/// Looks at a function's program and at the arguments that are files, as an interpreter's are, by
/// way of inotify(7) on their folders: whoever builds a file may write it, or put another one in
/// its place, or make its folder anew. Where it is a link, what it leads to is looked at as well.
class program_watch final : public companion {
public:
    /// Begins to look. What is wrong, as a sentence, or none.
    std::optional<std::string> watch(io::event_loop& loop,
                                     const std::vector<function_program>& functions);

    task<> accompany(io::event_loop& loop, emulator& local, stop_token stop) override;

private:
    struct watched_file {
        std::string path;
        int folder; // inotify's number, or none
        std::size_t function;
        std::string link; // that leads to it; empty: it is what was named
    };

    std::optional<std::string> add(const std::string& path, std::size_t function);
    int watch_folder(const std::string& path) const noexcept; // of the file; its number, or none
    void follow_links(std::size_t function);
    bool note_changes(); // false where there is none
    bool note(const inotify_event& event, std::string_view name);
    bool find_folders(); // those that were missing; true where a file is back
    bool is_at_rest() const noexcept;
    void replace_changed(emulator& local);

    std::optional<io::pipe_reader> events_;
    int inotify_ = -1; // belongs to events_
    std::vector<watched_file> files_;
    std::vector<bool> changed_; // of each function
};

} // namespace spry::emulator
