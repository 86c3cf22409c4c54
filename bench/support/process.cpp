// SPDX-License-Identifier: Apache-2.0
#include "process.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace bench {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (const std::string& each : strings)
        result.push_back(const_cast<char*>(each.c_str()));
    result.push_back(nullptr);
    return result;
}

std::string contents(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string proc(pid_t process, const char* file) {
    return "/proc/" + std::to_string(process) + "/" + file;
}

// The fields of a stat file behind the program's name, which may contain anything. The first is
// field 3 of proc(5), the state.
std::vector<std::string> stat_fields(const std::string& path) {
    const std::string text = contents(path);
    const std::size_t end_of_name = text.rfind(')');
    if (end_of_name == std::string::npos)
        return {};
    std::istringstream words(text.substr(end_of_name + 1));
    return {std::istream_iterator<std::string>(words), {}};
}

// The number behind "NAME:" in a file of such lines; 0 where there is none.
std::uint64_t figure(const std::string& path, std::string_view name) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.compare(0, name.size(), name) == 0 && line[name.size()] == ':')
            return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10);
    }
    return 0;
}

bool set_cpu(int cpu) noexcept {
    cpu_set_t chosen;
    CPU_ZERO(&chosen);
    CPU_SET(static_cast<std::size_t>(cpu), &chosen);
    return ::sched_setaffinity(0, sizeof chosen, &chosen) == 0;
}

bool asleep_now(pid_t process) {
    DIR* const tasks = ::opendir(proc(process, "task").c_str());
    if (tasks == nullptr)
        return false;
    std::size_t sleeping = 0;
    std::size_t others = 0;
    while (const dirent* entry = ::readdir(tasks)) {
        if (entry->d_name[0] == '.')
            continue;
        const auto fields =
            stat_fields(proc(process, "task/") + std::string(entry->d_name) + "/stat");
        ++(!fields.empty() && fields[0] == "S" ? sleeping : others);
    }
    ::closedir(tasks);
    return sleeping != 0 && others == 0;
}

} // namespace

std::vector<std::string> overlaid(std::vector<std::string> base,
                                  const std::vector<std::string>& more) {
    for (const std::string& variable : more) {
        const std::string name = variable.substr(0, variable.find('=') + 1);
        base.erase(std::remove_if(base.begin(), base.end(),
                                  [&](const std::string& old) { return old.rfind(name, 0) == 0; }),
                   base.end());
        base.push_back(variable);
    }
    return base;
}

std::vector<std::string> environment_without_lambda() {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        if (std::string_view(*variable).rfind("AWS_LAMBDA_RUNTIME_API=", 0) != 0)
            variables.emplace_back(*variable);
    }
    return variables;
}

std::vector<std::string> lambda_environment(const std::string& address) {
    return {"AWS_LAMBDA_RUNTIME_API=" + address,
            "_HANDLER=function",
            "LAMBDA_TASK_ROOT=/var/task",
            "AWS_LAMBDA_FUNCTION_NAME=function",
            "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
            "AWS_REGION=eu-central-1",
            "LANG=en_US.UTF-8",
            "TZ=:UTC",
            "PATH=/usr/local/bin:/usr/bin:/bin"};
}

process::process(const program& what) {
    const std::vector<char*> arguments = pointers(what.command);
    const std::vector<char*> variables = pointers(what.environment);
    // Once for all, since a start is timed.
    static const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    pid_ = ::vfork();
    if (pid_ == 0) {
        if (what.quiet) {
            ::dup2(nothing, 1);
            ::dup2(nothing, 2);
        }
        if (what.traced && ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
            ::_exit(ptrace_refused);
        if (what.same_addresses)
            ::personality(ADDR_NO_RANDOMIZE);
        if (what.cpu >= 0)
            set_cpu(what.cpu);
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        faults_before_exec_ = static_cast<std::uint64_t>(used.ru_minflt);
        ::execvpe(arguments[0], arguments.data(), variables.data());
        ::_exit(127);
    }
    if (pid_ < 0)
        throw std::system_error(errno, std::generic_category(), "vfork");
}

process::~process() {
    kill();
}

void process::kill() noexcept {
    if (pid_ <= 0)
        return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

int stay_on_one_cpu(int cpu) {
    if (cpu < 0)
        cpu = ::sched_getcpu();
    if (!set_cpu(cpu))
        throw std::system_error(errno, std::generic_category(), "CPU " + std::to_string(cpu));
    return cpu;
}

std::uint64_t process_cpu_ns(pid_t process) {
    clockid_t clock{};
    timespec used{};
    if (const int error = ::clock_getcpuclockid(process, &clock); error != 0)
        throw std::system_error(error, std::generic_category(), "the function's CPU time");
    if (::clock_gettime(clock, &used) != 0)
        throw std::system_error(errno, std::generic_category(), "the function's CPU time");
    return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(used.tv_nsec);
}

fault_counts faults_of(pid_t process) {
    const auto fields = stat_fields(proc(process, "stat"));
    if (fields.size() < 10)
        throw std::runtime_error("the function has ended");
    return {std::strtoull(fields[7].c_str(), nullptr, 10),
            std::strtoull(fields[9].c_str(), nullptr, 10)};
}

bool asleep(pid_t process) {
    if (!asleep_now(process))
        return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return asleep_now(process);
}

void wait_until_asleep(pid_t process, unsigned seconds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (!asleep(process)) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("the function does not come to rest");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

memory_use memory_of(pid_t process) {
    return {figure(proc(process, "smaps_rollup"), "Rss"), figure(proc(process, "status"), "VmHWM")};
}

} // namespace bench
