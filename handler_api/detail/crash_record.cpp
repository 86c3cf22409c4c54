// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/crash_record.hpp>

#include <spry/core/demangle.hpp>
#include <spry/io/program_image.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>
#include <typeinfo>

#include <cxxabi.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

namespace spry::detail {

namespace {

constexpr std::size_t frames_max = 32;

// What a handler needs on top of the kernel's frame: the unwinder's cursor, above all.
alignas(16) constinit std::array<std::byte, std::size_t{64} * 1024> alternate_stack{};

constinit std::atomic<const char*> request = nullptr;
constinit std::atomic<std::size_t> request_size = 0;

// One line in static memory: neither the heap nor the stack is to be trusted.
class line {
public:
    void append(std::string_view text) noexcept {
        const std::size_t room = text_.size() - used_ - 1; // for the line break
        const std::size_t size = text.size() < room ? text.size() : room;
        for (std::size_t i = 0; i < size; ++i) {
            const char c = text[i];
            text_[used_++] = c == '\n' || c == '\r' ? ' ' : c;
        }
    }
    void append_hexadecimal(std::uintptr_t number) noexcept {
        std::array<char, 2 * sizeof number> digits;
        std::size_t first = digits.size();
        do {
            digits[--first] = "0123456789abcdef"[number & 15];
            number >>= 4;
        } while (number != 0);
        append("0x");
        append({digits.data() + first, digits.size() - first});
    }
    void append_bytes(std::span<const std::byte> bytes) noexcept {
        constexpr std::string_view digits = "0123456789abcdef";
        for (const std::byte each : bytes) {
            const char pair[] = {digits[std::to_integer<unsigned>(each) >> 4],
                                 digits[std::to_integer<unsigned>(each) & 15]};
            append({pair, sizeof pair});
        }
    }
    void write() noexcept {
        text_[used_++] = '\n';
        std::size_t written = 0;
        while (written < used_) {
            const ssize_t bytes = ::write(STDERR_FILENO, text_.data() + written, used_ - written);
            if (bytes < 0 && errno != EINTR)
                return;
            written += bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
        }
    }

private:
    std::array<char, 4096> text_{};
    std::size_t used_ = 0;
};

constinit line record;
constinit std::atomic<bool> is_recording = false;

_Unwind_Reason_Code append_frame(_Unwind_Context* frame, void* argument) {
    std::size_t& seen = *static_cast<std::size_t*>(argument);
    if (seen == frames_max)
        return _URC_END_OF_STACK;
    if (seen++ == 0) // this file's own
        return _URC_NO_REASON;
    record.append(" ");
    record.append_hexadecimal(io::link_address(reinterpret_cast<void*>(_Unwind_GetIP(frame))));
    return _URC_NO_REASON;
}

// Behind what happened: for whom, and where in the program.
[[noreturn, gnu::noinline]] void finish_record(int signal, bool has_stack = true) noexcept {
    record.append("; request ");
    const char* const id = request.load(std::memory_order_relaxed);
    record.append(id == nullptr
                      ? std::string_view{"none"}
                      : std::string_view{id, request_size.load(std::memory_order_relaxed)});
    record.append("; build id ");
    record.append_bytes(io::build_id());
    if (has_stack) {
        record.append("; stack");
        std::size_t seen = 0;
        _Unwind_Backtrace(append_frame, &seen);
    }
    record.write();
    ::_exit(128 + signal);
}

// The second of two threads that crash waits for the first to end the process; a crash in here is
// left to the kernel.
void begin_record(int signal) noexcept {
    if (is_recording.exchange(true)) {
        std::signal(signal, SIG_DFL);
        for (;;)
            ::pause();
    }
    record.append("spry: crashed: ");
}

std::string_view name_of(int signal) noexcept {
    switch (signal) {
    case SIGSEGV:
        return "SIGSEGV, invalid memory access";
    case SIGFPE:
        return "SIGFPE, invalid arithmetic";
    case SIGILL:
        return "SIGILL, invalid instruction";
    default:
        return "SIGABRT, aborted";
    }
}

// Where a signal has stopped the program. Not every unwinder finds its way from a handler back to
// there, but each finds it from a function: so the handler, instead of walking the stack, has the
// program go on as if it had called `report`.
#if defined(__x86_64__)
std::uintptr_t stopped_at(const ucontext_t& where) noexcept {
    return static_cast<std::uintptr_t>(where.uc_mcontext.gregs[REG_RIP]);
}
std::uintptr_t stack_of(const ucontext_t& where) noexcept {
    return static_cast<std::uintptr_t>(where.uc_mcontext.gregs[REG_RSP]);
}
void call_from(ucontext_t& where, void (*function)()) noexcept {
    // A jump to nowhere has left its return address on the stack already.
    if (stopped_at(where) != 0) {
        where.uc_mcontext.gregs[REG_RSP] -= static_cast<greg_t>(sizeof(std::uintptr_t));
        const std::uintptr_t from = stopped_at(where);
        std::memcpy(reinterpret_cast<void*>(stack_of(where)), &from, sizeof from);
    }
    where.uc_mcontext.gregs[REG_RIP] =
        static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(function));
}
#define SPRY_ALIGNS_ITS_STACK [[gnu::force_align_arg_pointer]]
#else
std::uintptr_t stopped_at(const ucontext_t& where) noexcept {
    return where.uc_mcontext.pc;
}
std::uintptr_t stack_of(const ucontext_t& where) noexcept {
    return where.uc_mcontext.sp;
}
void call_from(ucontext_t& where, void (*function)()) noexcept {
    if (stopped_at(where) != 0)
        where.uc_mcontext.regs[30] = stopped_at(where);
    where.uc_mcontext.pc = reinterpret_cast<std::uintptr_t>(function);
}
#define SPRY_ALIGNS_ITS_STACK
#endif

constinit int reported_signal = 0;

SPRY_ALIGNS_ITS_STACK void report() {
    finish_record(reported_signal);
}

// What a page that ends a stack looks like: an access close to the stack's end, or beyond it.
bool is_overflow(const siginfo_t& about, const ucontext_t& where) noexcept {
    constexpr std::uintptr_t near = std::uintptr_t{256} * 1024;
    const auto address = reinterpret_cast<std::uintptr_t>(about.si_addr);
    return about.si_signo == SIGSEGV && address + near > stack_of(where) &&
           address < stack_of(where) + near;
}

void on_signal(int signal, siginfo_t* about, void* context) {
    begin_record(signal);
    record.append(name_of(signal));
    auto& where = *static_cast<ucontext_t*>(context);
    if (signal != SIGABRT) {
        record.append(" at address ");
        record.append_hexadecimal(reinterpret_cast<std::uintptr_t>(about->si_addr));
    }
    if (is_overflow(*about, where)) {
        // Its stack has no room for another call.
        record.append(", the stack has probably overflowed");
        record.append(" in ");
        record.append_hexadecimal(io::link_address(reinterpret_cast<void*>(stopped_at(where))));
        finish_record(signal, false);
    }
    reported_signal = signal;
    call_from(where, report);
}

void append_exception() noexcept {
    const std::type_info* const type = abi::__cxa_current_exception_type();
    if (type == nullptr) {
        record.append("std::terminate without an exception");
        return;
    }
    std::array<char, demangled_size_max> readable;
    const std::string_view name = demangle(type->name(), readable);
    record.append("an exception that nobody catches, ");
    record.append(name.empty() ? std::string_view{type->name()} : name);
    try {
        throw;
    } catch (const std::exception& thrown) {
        record.append(": ");
        record.append(thrown.what());
    } catch (...) {
    }
}

[[noreturn]] void on_terminate() noexcept {
    begin_record(SIGABRT);
    append_exception();
    finish_record(SIGABRT);
}

void handle(int signal) noexcept {
    struct sigaction wanted{};
    wanted.sa_sigaction = on_signal;
    wanted.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
    struct sigaction before{};
    ::sigaction(signal, &wanted, &before);
    const bool is_handled = (before.sa_flags & SA_SIGINFO) != 0 || before.sa_handler != SIG_DFL;
    if (is_handled)
        ::sigaction(signal, &before, nullptr);
}

} // namespace

void install_crash_records() noexcept {
    stack_t stack{};
    stack.ss_sp = alternate_stack.data();
    stack.ss_size = alternate_stack.size();
    ::sigaltstack(&stack, nullptr);
    for (const int signal : {SIGSEGV, SIGFPE, SIGILL, SIGABRT})
        handle(signal);
    std::set_terminate(on_terminate);
}

void set_crash_request(std::string_view id) noexcept {
    request_size.store(id.size(), std::memory_order_relaxed);
    request.store(id.empty() ? nullptr : id.data(), std::memory_order_relaxed);
}

} // namespace spry::detail
