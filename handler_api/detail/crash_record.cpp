// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/detail/crash_record.hpp>

#include <spry/core/abort_hook.hpp>
#include <spry/core/demangle.hpp>
#include <spry/core/fixed_text.hpp>
#include <spry/core/throw_site.hpp>
#include <spry/core/utf8.hpp>
#include <spry/io/program_image.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <exception>
#include <span>
#include <string>
#include <typeinfo>

#include <cxxabi.h>
#include <pthread.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

// Of LLVM's unwinder, which is in every static program; null with another one.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): its names.
[[gnu::weak]] int __unw_init_local(void* cursor, void* registers);
[[gnu::weak]] int __unw_step(void* cursor);
[[gnu::weak]] int __unw_get_reg(void* cursor, int number, std::uintptr_t* value);
// NOLINTEND(bugprone-reserved-identifier)
}

namespace spry::detail {

namespace {

constexpr std::size_t frames_max = 32;
constexpr std::size_t message_size_max = 1024;

// Of the thread that runs main. What a handler needs on top of the kernel's frame is the unwinder's
// cursor, above all.
alignas(16) constinit std::array<std::byte, crash_stack::size> alternate_stack{};

// Neither the heap nor the stack is to be trusted. Of up to 4 KiB, which a pipe takes undivided.
constinit fixed_text<4096> record;
constinit std::atomic<std::uintptr_t> recording_thread = 0;
constinit std::atomic<int> exit_code = 0;
constinit std::string_view heading;
constinit std::array<std::uintptr_t, frames_max> frame_addresses{};
constinit std::size_t frames = 0;
constinit bool is_identified = false;
constinit int nested = 0;

std::uintptr_t this_thread() noexcept {
    // A pointer or a number, as the C library likes.
    return reinterpret_cast<std::uintptr_t>(
        reinterpret_cast<void*>(::pthread_self())); // NOLINT(bugprone-casting-through-void)
}

// --- the workers -------------------------------------------------------------------------------

constinit std::atomic<invocation_in_hand*> first_in_hand = nullptr;
constinit std::atomic_flag is_changing = ATOMIC_FLAG_INIT;

struct changing {
    changing() noexcept {
        while (is_changing.test_and_set(std::memory_order_acquire)) {
        }
    }
    ~changing() { is_changing.clear(std::memory_order_release); }
};

void append_requests() noexcept {
    constexpr int named_max = 4;
    int count = 0;
    const invocation_in_hand* each = first_in_hand.load(std::memory_order_acquire);
    for (; each != nullptr; each = each->next()) {
        const std::string_view id = each->request_id();
        if (id.empty() || each->thread() != this_thread())
            continue;
        if (++count <= named_max) {
            record.append(count == 1 ? "; request " : " or ");
            record.append(id.substr(0, 64));
        }
    }
    if (count == 0)
        record.append("; no request");
    if (count > named_max) {
        record.append(" or one of ");
        record.append_decimal(static_cast<unsigned>(count - named_max));
        record.append(" more");
    }
}

// --- the line ----------------------------------------------------------------------------------

// On one line and in UTF-8, whatever it is.
void append_message(std::string_view text) noexcept {
    text = utf8::prefix(text, message_size_max);
    while (!text.empty()) {
        const utf8::sequence next = utf8::front(text);
        const bool is_control = static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7F;
        if (is_control)
            record.append(" ");
        else
            record.append(next.valid ? text.substr(0, next.length) : utf8::replacement);
        text.remove_prefix(next.length);
    }
}

void write_out(std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t bytes = ::write(STDERR_FILENO, text.data(), text.size());
        if (bytes <= 0 && errno != EINTR)
            return;
        text.remove_prefix(bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
    }
}

void write_stack() noexcept {
    fixed_text<frames_max * 24> lines;
    for (std::size_t i = frames; i > 0; --i) {
        lines.append("  ");
        lines.append_hex(frame_addresses[i - 1]);
        lines.append("\n");
    }
    write_out(lines.view());
}

[[noreturn]] void write_and_exit() noexcept {
    if (!heading.empty())
        write_stack();
    // Room for the line break, whatever has been cut.
    std::string_view text = record.view();
    text = text.substr(0, 4095);
    std::array<char, 4096> line;
    const std::size_t size = text.copy(line.data(), text.size());
    line[size] = '\n';
    write_out({line.data(), size + 1});
    ::_exit(exit_code.load());
}

constexpr std::array faults{SIGSEGV, SIGBUS, SIGFPE, SIGILL};

bool is_fault(int signal) noexcept {
    return std::ranges::find(faults, signal) != faults.end();
}

std::string_view name_of(int signal) noexcept {
    switch (signal) {
    case SIGSEGV:
        return "SIGSEGV, invalid memory access";
    case SIGBUS:
        return "SIGBUS, memory that cannot be had";
    case SIGFPE:
        return "SIGFPE, invalid arithmetic";
    case SIGILL:
        return "SIGILL, invalid instruction";
    case SIGABRT:
        return "SIGABRT, aborted";
    default:
        return {};
    }
}

void append_name(int signal) noexcept {
    const std::string_view name = name_of(signal);
    record.append(name.empty() ? "signal " : name);
    if (name.empty())
        record.append_decimal(static_cast<unsigned>(signal));
}

void append_identity() noexcept {
    is_identified = true;
    append_requests();
    record.append("; build id ");
    constexpr std::string_view digits = "0123456789abcdef";
    for (const std::byte each : io::build_id()) {
        const auto value = std::to_integer<unsigned>(each);
        record.append(digits.substr(value >> 4, 1));
        record.append(digits.substr(value & 15, 1));
    }
}

// The second of two threads that crash waits for the first to end the process. A crash in the
// midst of a record ends that.
void begin_record(int signal) noexcept {
    std::uintptr_t nobody = 0;
    if (recording_thread.compare_exchange_strong(nobody, this_thread())) {
        exit_code.store(128 + signal);
        write_out(heading);
        record.append("spry: crashed: ");
        return;
    }
    if (nobody == this_thread()) {
        if (++nested > 2) // not even that could be written
            ::_exit(exit_code.load());
        record.append("; and ");
        append_name(signal);
        record.append(", while this was written");
        if (!is_identified)
            append_identity();
        write_and_exit();
    }
    for (;;)
        ::pause();
}

void append_frame(std::uintptr_t address) noexcept {
    record.append(frames == 0 ? "; stack " : " ");
    record.append_hex(address);
    frame_addresses[frames++] = address;
}

// --- the stack ---------------------------------------------------------------------------------

std::uintptr_t linked(std::uintptr_t address) noexcept {
    return io::link_address(reinterpret_cast<void*>(address));
}

_Unwind_Reason_Code visit(_Unwind_Context* frame, void* from) {
    auto& wanted = *static_cast<std::uintptr_t*>(from);
    int is_exact = 0;
    const std::uintptr_t address = _Unwind_GetIPInfo(frame, &is_exact);
    if (wanted != 0 && address != wanted)
        return _URC_NO_REASON;
    wanted = 0;
    if (frames == frames_max || address == 0)
        return _URC_END_OF_STACK;
    append_frame(linked(address) - (is_exact != 0 ? 0 : 1));
    return _URC_NO_REASON;
}

// From the frame in which execution is, or would go on, at `from`.
void append_stack(std::uintptr_t from) noexcept {
    _Unwind_Backtrace(visit, &from);
    if (frames == 0) {
        from = 0;
        _Unwind_Backtrace(visit, &from);
    }
}

// Where a signal has stopped the program.
#if defined(__x86_64__)
std::uintptr_t stopped_at(const ucontext_t& where) noexcept {
    return static_cast<std::uintptr_t>(where.uc_mcontext.gregs[REG_RIP]);
}
std::uintptr_t stack_of(const ucontext_t& where) noexcept {
    return static_cast<std::uintptr_t>(where.uc_mcontext.gregs[REG_RSP]);
}
// The way out of a function that has not done anything yet.
void leave(ucontext_t& where) noexcept {
    where.uc_mcontext.gregs[REG_RIP] = *reinterpret_cast<const greg_t*>(stack_of(where));
    where.uc_mcontext.gregs[REG_RSP] += static_cast<greg_t>(sizeof(std::uintptr_t));
}
#else
std::uintptr_t stopped_at(const ucontext_t& where) noexcept {
    return where.uc_mcontext.pc;
}
std::uintptr_t stack_of(const ucontext_t& where) noexcept {
    return where.uc_mcontext.sp;
}
void leave(ucontext_t& where) noexcept {
    where.uc_mcontext.pc = where.uc_mcontext.regs[30];
}
#endif

// As the unwinder keeps them: in the order of its `unw_context_t`, of which 512 bytes and more may
// be read.
std::array<std::uintptr_t, 128> registers_of(const ucontext_t& where) noexcept {
    std::array<std::uintptr_t, 128> registers{};
    std::size_t next = 0;
#if defined(__x86_64__)
    constexpr std::array<int, 17> order{REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RDI, REG_RSI,
                                        REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                        REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    for (const int each : order)
        registers[next++] = static_cast<std::uintptr_t>(where.uc_mcontext.gregs[each]);
#else
    for (const std::uintptr_t each : where.uc_mcontext.regs)
        registers[next++] = each;
    registers[next++] = where.uc_mcontext.sp;
    registers[next++] = where.uc_mcontext.pc;
#endif
    return registers;
}

// Not every unwinder finds its way out of a signal's handler, but LLVM's can begin with the
// registers that the signal has found.
void append_stack(ucontext_t& where) noexcept {
    constexpr std::uintptr_t first_page = 4096;
    constexpr int instruction_pointer = -1; // UNW_REG_IP
    bool is_exact = true;
    if (stopped_at(where) < first_page) { // a call of a null pointer
        leave(where);
        is_exact = false;
    }
    if (__unw_init_local == nullptr) {
        if (!is_exact)
            append_frame(linked(stopped_at(where)) - 1);
        append_stack(stopped_at(where));
        return;
    }
    alignas(16) std::array<std::uintptr_t, 256> cursor;
    std::array<std::uintptr_t, 128> registers = registers_of(where);
    __unw_init_local(cursor.data(), registers.data());
    std::uintptr_t address = stopped_at(where);
    do {
        if (__unw_get_reg(cursor.data(), instruction_pointer, &address) != 0 || address == 0)
            return;
        append_frame(linked(address) - (is_exact ? 0 : 1));
        is_exact = false;
    } while (frames != frames_max && __unw_step(cursor.data()) > 0);
}

// --- what happens ------------------------------------------------------------------------------

// What a page that ends a stack looks like: an access close to the stack's end, or beyond it.
bool is_overflow(const siginfo_t& about, const ucontext_t& where) noexcept {
    constexpr std::uintptr_t near = std::uintptr_t{256} * 1024;
    const auto address = reinterpret_cast<std::uintptr_t>(about.si_addr);
    return about.si_signo == SIGSEGV && address + near > stack_of(where) &&
           address < stack_of(where) + near;
}

void on_signal(int signal, siginfo_t* about, void* context) {
    auto& where = *static_cast<ucontext_t*>(context);
    begin_record(signal);
    append_name(signal);
    if (about->si_code > 0 && is_fault(signal)) { // and not sent by a process
        record.append(" at address ");
        record.append_hex(reinterpret_cast<std::uintptr_t>(about->si_addr));
        if (is_overflow(*about, where))
            record.append(", the stack has probably overflowed");
    }
    append_identity();
    append_stack(where);
    write_and_exit();
}

// An abort is SIGABRT to who handles that.
void on_abort(const void* from) noexcept {
    struct sigaction handled{};
    ::sigaction(SIGABRT, nullptr, &handled);
    const bool is_ours = handled.sa_sigaction == on_signal;
    if (!is_ours && handled.sa_handler != SIG_DFL && handled.sa_handler != SIG_IGN)
        return;
    begin_record(SIGABRT);
    append_name(SIGABRT);
    append_identity();
    append_stack(reinterpret_cast<std::uintptr_t>(from));
    write_and_exit();
}

void append_exception(const std::type_info& type) noexcept {
    std::array<char, demangled_size_max> readable;
    const std::string_view name = demangle(type.name(), readable);
    record.append("an exception that nobody catches, ");
    append_message(name.empty() ? std::string_view{type.name()} : name);
    try {
        throw;
    } catch (const std::exception& thrown) {
        if (const char* const text = thrown.what()) {
            record.append(": ");
            append_message(text);
        }
    } catch (const std::string& thrown) {
        record.append(": ");
        append_message(thrown);
    } catch (const char* thrown) {
        if (thrown != nullptr) {
            record.append(": ");
            append_message(thrown);
        }
    } catch (...) {
    }
}

// Where the exception was thrown says more than where it was caught at last.
void append_throw_site(const std::type_info& type) noexcept {
    std::array<std::uintptr_t, throw_site_frames_max> addresses;
    const std::size_t count = throw_site(std::current_exception(), type, addresses);
    for (const std::uintptr_t each : std::span{addresses}.first(count))
        append_frame(linked(each));
}

[[noreturn]] void on_terminate() noexcept {
    begin_record(SIGABRT);
    const std::type_info* const type = abi::__cxa_current_exception_type();
    if (type != nullptr)
        append_exception(*type);
    else
        record.append("std::terminate without an exception");
    append_identity();
    if (type != nullptr)
        append_throw_site(*type);
    if (frames == 0)
        append_stack(reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)));
    write_and_exit();
}

void run_signals_on(std::span<std::byte> memory) noexcept {
    stack_t stack{};
    stack.ss_sp = memory.data();
    stack.ss_size = memory.size();
    ::sigaltstack(&stack, nullptr);
}

void handle(int signal) noexcept {
    struct sigaction wanted{};
    wanted.sa_sigaction = on_signal;
    wanted.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    struct sigaction before{};
    ::sigaction(signal, &wanted, &before);
    const bool is_handled = (before.sa_flags & SA_SIGINFO) != 0 || before.sa_handler != SIG_DFL;
    if (is_handled)
        ::sigaction(signal, &before, nullptr);
}

} // namespace

void install_crash_records(const crash_style& style) noexcept {
    if (!style.heading.empty()) // else a start would touch a page for nothing
        heading = style.heading;
    run_signals_on(alternate_stack);
    for (const int signal : faults)
        handle(signal);
    for (const int signal : style.more_signals)
        handle(signal);
#ifdef __GLIBC__ // aborts on its own, behind the linker's back
    handle(SIGABRT);
#endif
    set_abort_hook(on_abort);
    std::set_terminate(on_terminate);
}

crash_stack::crash_stack() noexcept {
    stack_t before{};
    is_ours_ = ::sigaltstack(nullptr, &before) == 0 && (before.ss_flags & SS_DISABLE) != 0;
    if (is_ours_)
        run_signals_on(memory_);
}

crash_stack::~crash_stack() {
    if (!is_ours_)
        return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
}

invocation_in_hand::invocation_in_hand() noexcept : thread_(this_thread()) {
    const changing alone;
    next_.store(first_in_hand.load(std::memory_order_relaxed), std::memory_order_relaxed);
    first_in_hand.store(this, std::memory_order_release);
}

invocation_in_hand::~invocation_in_hand() {
    const changing alone;
    std::atomic<invocation_in_hand*>* link = &first_in_hand;
    while (link->load(std::memory_order_relaxed) != this)
        link = &link->load(std::memory_order_relaxed)->next_;
    link->store(next_.load(std::memory_order_relaxed), std::memory_order_release);
}

} // namespace spry::detail
