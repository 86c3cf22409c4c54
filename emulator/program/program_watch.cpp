// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/program_watch.hpp>

#include <spry/io/unique_fd.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <system_error>

#include <sys/inotify.h>
#include <sys/stat.h>

namespace spry::emulator {

namespace {

constexpr std::uint32_t looked_for = IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB | IN_CREATE;

bool is_file(const std::string& path) {
    struct stat file{};
    return ::stat(path.c_str(), &file) == 0 && S_ISREG(file.st_mode);
}

} // namespace

std::optional<std::string> program_watch::watch(io::event_loop& loop,
                                                const std::vector<function_program>& functions) {
    io::unique_fd inotify{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    if (!inotify)
        return "--watch cannot look at files: " +
               std::error_code{errno, std::system_category()}.message() +
               ": raise fs.inotify.max_user_instances, or leave it out";
    inotify_ = inotify.get();
    events_.emplace(loop, std::move(inotify));
    changed_.assign(functions.size(), false);
    for (std::size_t i = 0; i != functions.size(); ++i) {
        const function_program& function = functions[i];
        std::optional<std::string> wrong = add(function.program, i);
        for (std::size_t at = 1; !wrong && at < function.arguments.size(); ++at) {
            std::string path = function.arguments[at];
            if (!path.starts_with('/') && !function.working_directory.empty())
                path.insert(0, function.working_directory + "/");
            if (is_file(path))
                wrong = add(path, i);
        }
        if (wrong)
            return wrong;
    }
    return std::nullopt;
}

std::optional<std::string> program_watch::add(const std::string& path, std::size_t function) {
    const std::size_t slash = path.rfind('/');
    const std::string folder =
        slash == path.npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
    const int number = ::inotify_add_watch(inotify_, folder.c_str(), looked_for);
    if (number < 0)
        return "--watch cannot look at " + folder + ": " +
               std::error_code{errno, std::system_category()}.message() +
               ": make the folder, or leave it out";
    files_.push_back({number, path.substr(slash + 1), function}); // npos + 1 is 0
    return std::nullopt;
}

void program_watch::note(int folder, std::string_view name) {
    for (const watched_file& each : files_) {
        if (each.folder == folder && each.name == name)
            changed_[each.function] = true;
    }
}

bool program_watch::note_changes() {
    std::array<std::byte, 16 * 1024> buffer;
    const result<std::size_t> size = events_->try_read(buffer);
    if (!size)
        return false;
    inotify_event event;
    for (std::size_t at = 0; at + sizeof event <= *size; at += sizeof event + event.len) {
        std::memcpy(&event, buffer.data() + at, sizeof event);
        const auto* const name = reinterpret_cast<const char*>(buffer.data() + at + sizeof event);
        note(event.wd, event.len == 0 ? "" : std::string_view{name});
    }
    return true;
}

task<> program_watch::accompany(io::event_loop& loop, emulator& local, stop_token stop) {
    while (true) {
        const result<> readable = co_await events_->readable(stop);
        if (!readable)
            co_return;
        while (note_changes()) {
            const result<> slept = co_await loop.sleep_for(watch_quiet_time, stop);
            if (!slept)
                co_return;
        }
        const auto& functions = local.functions().all();
        for (std::size_t i = 0; i != functions.size(); ++i) {
            if (changed_[i])
                functions[i]->replace_processes();
            changed_[i] = false;
        }
    }
}

} // namespace spry::emulator
