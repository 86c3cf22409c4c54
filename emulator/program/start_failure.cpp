// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/start_failure.hpp>

#include <spry/io/unique_fd.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace spry::emulator {

namespace {

// What the kernel itself looks at to find an interpreter, and the tables of any usual program.
constexpr std::size_t looked_at_bytes = 64 * 1024;

std::string read_front(const std::string& path) {
    const io::unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string text(file ? looked_at_bytes : 0, '\0');
    const ssize_t count = file ? ::read(file.get(), text.data(), text.size()) : 0;
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
}

std::string_view processor_name(unsigned machine) noexcept {
    switch (machine) {
    case EM_X86_64:
        return "x86_64";
    case EM_AARCH64:
        return "aarch64 (arm64)";
    case EM_386:
        return "32-bit x86";
    case EM_ARM:
        return "32-bit ARM";
    case EM_RISCV:
        return "RISC-V";
    default:
        return "another processor";
    }
}

bool is_elf(std::string_view file) noexcept {
    return file.starts_with(ELFMAG) && file.size() >= sizeof(Elf64_Ehdr);
}

// The loader that a dynamically linked program asks for; empty without one.
std::string elf_interpreter(std::string_view file) {
    Elf64_Ehdr head;
    std::memcpy(&head, file.data(), sizeof head);
    if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_phentsize != sizeof(Elf64_Phdr))
        return {};
    for (unsigned i = 0; i != head.e_phnum; ++i) {
        const std::size_t at = head.e_phoff + i * sizeof(Elf64_Phdr);
        Elf64_Phdr part;
        if (at + sizeof part > file.size())
            return {};
        std::memcpy(&part, file.data() + at, sizeof part);
        if (part.p_type != PT_INTERP || part.p_offset > file.size())
            continue;
        const std::string_view name = file.substr(part.p_offset, part.p_filesz);
        return std::string{name.substr(0, name.find('\0'))};
    }
    return {};
}

// The program behind "#!"; empty without one.
std::string script_interpreter(std::string_view file) {
    if (!file.starts_with("#!"))
        return {};
    std::string_view line = file.substr(2, file.find('\n') - 2);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return std::string{line.substr(0, line.find_first_of(" \t\r"))};
}

std::string explain_missing(const std::string& path) {
    const std::string front = read_front(path);
    if (is_elf(front)) {
        const std::string loader = elf_interpreter(front);
        return path + " needs the loader " + (loader.empty() ? "in its header" : loader) +
               ", which is not here: link it statically, or use an image with that C library";
    }
    const std::string interpreter = script_interpreter(front);
    if (!interpreter.empty())
        return path + " begins with #!" + interpreter +
               ", which is not here: install it, or name one that is" +
               (front.find("\r\n") == front.npos ? "" : "; its lines end with CR LF, too");
    return "there is no file " + path + ": give the path of the function's program";
}

std::string explain_format(const std::string& path) {
    const std::string front = read_front(path);
    if (front.empty())
        return path + " is empty: build it again";
    if (!is_elf(front))
        return path + " is neither a program nor begins with #!: let its first line be #!/bin/sh, "
                      "or name its interpreter in front of it";
    Elf64_Ehdr head;
    std::memcpy(&head, front.data(), sizeof head);
    utsname here{};
    ::uname(&here);
    std::string text = path + " is a program for ";
    text += processor_name(head.e_machine);
    text += ", and this machine is ";
    text += here.machine;
    return text + ": build it for this one, or run it through qemu-user";
}

std::string explain_denied(const std::string& path) {
    struct stat file{};
    if (::stat(path.c_str(), &file) != 0)
        return path + " cannot be reached by user " + std::to_string(::geteuid()) +
               ": a folder on its path is closed (chmod a+rx)";
    if (S_ISDIR(file.st_mode))
        return path + " is a folder: name the program in it";
    if (!S_ISREG(file.st_mode))
        return path + " is not a file that can be executed";
    if (::access(path.c_str(), X_OK) != 0)
        return path + " is not executable: chmod a+rx " + path;
    const std::string interpreter = script_interpreter(read_front(path));
    if (!interpreter.empty() && ::access(interpreter.c_str(), X_OK) != 0)
        return path + " begins with #!" + interpreter +
               ", which is not executable: name the interpreter's program";
    return path + " may not be executed: its file system may be mounted noexec, or a security "
                  "policy forbids it";
}

} // namespace

std::string explain_start_failure(const function_program& program, const std::error_code& error) {
    const std::string& path = program.program;
    const std::string& folder = program.working_directory;
    if (!folder.empty() && ::access(folder.c_str(), X_OK) != 0)
        return "the function's folder " + folder +
               " is not here or cannot be entered: make it, or name the function's command";
    if (error == std::errc::no_such_file_or_directory)
        return explain_missing(path);
    if (error == std::errc::executable_format_error)
        return explain_format(path);
    if (error == std::errc::permission_denied)
        return explain_denied(path);
    if (error == std::errc::not_a_directory)
        return path + ": something on this path is a file where a folder should be";
    if (error == std::errc::text_file_busy)
        return path + " is being written: start it when that has ended";
    if (error == std::errc::argument_list_too_long)
        return "the environment and the arguments are too large for " + path +
               ": unset what the function does not need";
    return path + ": " + error.message();
}

std::optional<std::string> find_start_failure(const function_program& program) {
    const std::string& folder = program.working_directory;
    struct stat file{};
    int error = 0;
    if (!folder.empty() && ::access(folder.c_str(), X_OK) != 0)
        error = errno;
    else if (::stat(program.program.c_str(), &file) != 0)
        error = errno;
    else if (!S_ISREG(file.st_mode))
        error = EACCES; // as execve has it
    else if (::access(program.program.c_str(), X_OK) != 0)
        error = errno;
    if (error == 0)
        return std::nullopt;
    return explain_start_failure(program, {error, std::system_category()});
}

} // namespace spry::emulator
