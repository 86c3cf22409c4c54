// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/program_watch.hpp>

#include <spry/io/unique_fd.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <system_error>

#include <sys/inotify.h>
#include <sys/stat.h>

namespace spry::emulator {

namespace {

constexpr std::uint32_t looked_for =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB | IN_CREATE | IN_MOVE_SELF;
constexpr int none = -1;

bool is_file(const std::string& path) {
    struct stat file{};
    return ::stat(path.c_str(), &file) == 0 && S_ISREG(file.st_mode);
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == path.npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

std::string_view name_of(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1); // npos + 1 is 0
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
        follow_links(i);
    }
    return std::nullopt;
}

std::optional<std::string> program_watch::add(const std::string& path, std::size_t function) {
    const int folder = watch_folder(path);
    if (folder == none)
        return "--watch cannot look at " + folder_of(path) + ": " +
               std::error_code{errno, std::system_category()}.message() +
               ": make the folder, or leave it out";
    files_.push_back({path, folder, function, {}});
    return std::nullopt;
}

int program_watch::watch_folder(const std::string& path) const noexcept {
    return ::inotify_add_watch(inotify_, folder_of(path).c_str(), looked_for);
}

// What is no link has a second entry with the same folder's number. A link to nowhere keeps its old
// target: a build that has failed removes it, and the next one makes it again.
void program_watch::follow_links(std::size_t function) {
    const std::size_t count = files_.size();
    for (std::size_t i = 0; i != count; ++i) {
        if (files_[i].function != function || !files_[i].link.empty())
            continue;
        const std::string link = files_[i].path;
        std::error_code broken;
        const std::string target = std::filesystem::canonical(link, broken).string();
        if (broken)
            continue;
        const auto is_old = [&](const watched_file& each) {
            return each.function == function && each.link == link;
        };
        const auto old = std::find_if(files_.begin(), files_.end(), is_old);
        if (old == files_.end()) {
            files_.push_back({target, watch_folder(target), function, link});
        } else {
            old->path = target;
            old->folder = watch_folder(target);
        }
    }
}

bool program_watch::note(const inotify_event& event, std::string_view name) {
    // Moved elsewhere: another folder may take its place, and this one is as good as removed.
    if ((event.mask & IN_MOVE_SELF) != 0)
        ::inotify_rm_watch(inotify_, event.wd);
    bool is_one = false;
    for (watched_file& each : files_) {
        if (each.folder != event.wd)
            continue;
        if ((event.mask & IN_IGNORED) != 0) {
            each.folder = none;
        } else if (name_of(each.path) == name) {
            changed_[each.function] = true;
            is_one = true;
        }
    }
    return is_one;
}

// All that there are: this reads faster than anybody writes files.
bool program_watch::note_changes() {
    bool is_one = false;
    std::array<std::byte, 16 * 1024> buffer;
    while (true) {
        const result<std::size_t> size = events_->try_read(buffer);
        if (!size)
            return is_one;
        inotify_event event;
        for (std::size_t at = 0; at + sizeof event <= *size; at += sizeof event + event.len) {
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const auto* const name =
                reinterpret_cast<const char*>(buffer.data() + at + sizeof event);
            is_one |= note(event, event.len == 0 ? "" : std::string_view{name});
        }
    }
}

bool program_watch::find_folders() {
    bool is_one = false;
    for (watched_file& each : files_) {
        if (each.folder != none)
            continue;
        each.folder = watch_folder(each.path);
        if (each.folder != none && is_file(each.path)) {
            changed_[each.function] = true;
            is_one = true;
        }
    }
    return is_one;
}

bool program_watch::is_at_rest() const noexcept {
    const auto is_missing = [](const watched_file& each) { return each.folder == none; };
    return std::none_of(files_.begin(), files_.end(), is_missing) &&
           std::find(changed_.begin(), changed_.end(), true) == changed_.end();
}

void program_watch::replace_changed(emulator& local) {
    const auto& functions = local.functions().all();
    for (std::size_t i = 0; i != functions.size(); ++i) {
        if (!changed_[i])
            continue;
        changed_[i] = false;
        follow_links(i);
        functions[i]->replace_processes();
    }
}

// One look per quiet time, however much is written in the folders.
task<> program_watch::accompany(io::event_loop& loop, emulator& local, stop_token stop) {
    while (true) {
        if (is_at_rest()) {
            const result<> readable = co_await events_->readable(stop);
            if (!readable)
                co_return;
        }
        const bool is_written = note_changes();
        const bool is_back = find_folders();
        if (!is_written && !is_back)
            replace_changed(local);
        const result<> slept = co_await loop.sleep_for(watch_quiet_time, stop);
        if (!slept)
            co_return;
    }
}

} // namespace spry::emulator
