// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/aws/crash_trace.hpp>

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string_view>

#include <elf.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

// Put there by the linker: the program's own ELF header.
extern "C" const char __ehdr_start[] __attribute__((visibility("hidden")));

namespace aws::lambda_runtime {

namespace {

constexpr std::array signals{SIGABRT, SIGBUS, SIGFPE,  SIGILL,  SIGQUIT,
                             SIGSEGV, SIGSYS, SIGTRAP, SIGXCPU, SIGXFSZ};
constexpr std::size_t frames_max = 64;

void write(std::string_view text) noexcept {
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) {
        // There is nobody left to tell.
    }
}

// "  0x1234\n"
void write_address(std::uintptr_t address) noexcept {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 24> line;
    std::size_t at = line.size();
    line[--at] = '\n';
    do {
        line[--at] = digits[address % 16];
        address /= 16;
    } while (address != 0);
    for (const char c : {'x', '0', ' ', ' '})
        line[--at] = c;
    write({line.data() + at, line.size() - at});
}

struct stack {
    std::array<std::uintptr_t, frames_max> addresses;
    std::size_t size = 0;
};

_Unwind_Reason_Code note_frame(_Unwind_Context* context, void* into) {
    auto& frames = *static_cast<stack*>(into);
    if (frames.size == frames.addresses.size())
        return _URC_END_OF_STACK;
    frames.addresses[frames.size++] = _Unwind_GetIP(context);
    return _URC_NO_REASON;
}

// As addr2line asks for it, which does not know where the program lies in memory; what is not the
// program's stays as it is.
std::uintptr_t as_linked(std::uintptr_t address) noexcept {
    const auto* const header = reinterpret_cast<const Elf64_Ehdr*>(__ehdr_start);
    const auto* const segments =
        reinterpret_cast<const Elf64_Phdr*>(__ehdr_start + header->e_phoff);
    const auto start = reinterpret_cast<std::uintptr_t>(__ehdr_start);
    if (header->e_type != ET_DYN || address < start)
        return address;
    for (int i = 0; i != header->e_phnum; ++i) {
        const Elf64_Phdr& segment = segments[i];
        if (segment.p_type == PT_LOAD && address - start - segment.p_vaddr < segment.p_memsz)
            return address - start;
    }
    return address;
}

// What an exception has left here is not said again by the SIGABRT behind it.
constinit std::atomic<bool> is_told{false};
constinit std::terminate_handler terminate_before = nullptr;

// The heading before anything that could fail in its turn.
void write_trace(std::uintptr_t last) noexcept {
    if (is_told.exchange(true))
        return;
    write("Stack trace (most recent call last):\n");
    stack frames;
    _Unwind_Backtrace(note_frame, &frames);
    for (std::size_t i = frames.size; i != 0; --i) {
        if (frames.addresses[i - 1] != 0) // the end of the stack
            write_address(as_linked(frames.addresses[i - 1]));
    }
    if (last != 0)
        write_address(as_linked(last));
}

// Where the signal came. musl's way out of a handler cannot be unwound, so that there it is all.
std::uintptr_t interrupted_at(const void* context) noexcept {
    const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#else
    return static_cast<std::uintptr_t>(machine.pc);
#endif
}

// The process then ends as it would have.
void on_crash(int signal, siginfo_t*, void* context) noexcept {
    write_trace(interrupted_at(context));
    ::raise(signal);
}

// The stack is still that of the throw.
[[noreturn]] void on_terminate() {
    write_trace(0);
    terminate_before();
    std::abort();
}

} // namespace

void trace_crashes() noexcept {
    if (std::get_terminate() != on_terminate)
        terminate_before = std::set_terminate(on_terminate);
    for (const int signal : signals) {
        struct sigaction before{};
        if (sigaction(signal, nullptr, &before) != 0 || before.sa_handler != SIG_DFL)
            continue;
        struct sigaction action{};
        action.sa_sigaction = on_crash;
        action.sa_flags = static_cast<int>(SA_SIGINFO | SA_RESETHAND | SA_NODEFER);
        sigaction(signal, &action, nullptr);
    }
}

} // namespace aws::lambda_runtime
