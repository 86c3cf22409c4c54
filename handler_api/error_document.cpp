// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/error_document.hpp>

#include <spry/core/demangle.hpp>
#include <spry/core/json_writer.hpp>
#include <spry/core/throw_site.hpp>
#include <spry/core/utf8.hpp>
#include <spry/handler_api/function_error.hpp>
#include <spry/handler_api/runtime_api.hpp>
#include <spry/io/program_image.hpp>

#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <typeinfo>

#include <cxxabi.h>
#include <unistd.h>

namespace spry {

namespace {

constexpr std::string_view function_category = "Function.";
constexpr std::string_view runtime_category = "Runtime.";

// Every byte may be written as \u00XX. The error's own message gets half of the document, its
// causes share the rest.
constexpr std::size_t message_size_max = runtime_api::error_document_size_max / 2 / 6;
constexpr std::size_t cause_message_size_max = 4 * 1024;
constexpr std::size_t type_size_max = 512;
// Of these one exception always fits into the X-Ray header.
constexpr std::size_t xray_message_size_max = 2 * 1024;
constexpr std::size_t xray_path_size_max = 32;
constexpr std::size_t xray_directory_size_max = 512;

bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}
bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}

// "my::app::bad_thing<int>" is about bad_thing.
std::string_view last_component(std::string_view type) noexcept {
    type = type.substr(0, type.find('<'));
    const std::size_t colon = type.rfind(':');
    return colon == type.npos ? type : type.substr(colon + 1);
}

std::string_view copy_to(std::pmr::memory_resource& memory, std::string_view text) {
    if (text.empty())
        return {};
    char* copy = static_cast<char*>(memory.allocate(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
}

// What std::throw_with_nested throws is a class of the library's around the one that was meant.
std::string_view without_nesting(std::string_view type) noexcept {
    const std::string_view outer = last_component(type);
    if ((outer != "__nested" && outer != "_Nested_exception") || !type.ends_with('>'))
        return type;
    type.remove_prefix(type.find('<') + 1);
    type.remove_suffix(1);
    while (type.ends_with(' '))
        type.remove_suffix(1);
    return type;
}

std::string_view name_of(const std::type_info& type, std::pmr::memory_resource& memory) {
    std::array<char, demangled_size_max> readable;
    const std::string_view name = demangle(type.name(), readable);
    return copy_to(memory, name.empty() ? std::string_view{type.name()} : without_nesting(name));
}

std::string_view hexadecimal(std::span<char> out, std::string_view prefix,
                             std::span<const std::byte> bytes) noexcept {
    constexpr std::string_view digits = "0123456789abcdef";
    std::size_t used = prefix.copy(out.data(), prefix.size());
    for (const std::byte each : bytes) {
        if (used + 2 > out.size())
            break;
        out[used++] = digits[std::to_integer<unsigned>(each) >> 4];
        out[used++] = digits[std::to_integer<unsigned>(each) & 15];
    }
    return {out.data(), used};
}

std::span<const std::string_view> stack_at_throw(const std::exception_ptr& error,
                                                 const std::type_info& type,
                                                 std::pmr::memory_resource& memory) {
    std::array<std::uintptr_t, throw_site_frames_max> frames;
    const std::size_t count = throw_site(error, type, frames);
    if (count == 0)
        return {};
    void* const lines =
        memory.allocate((count + 1) * sizeof(std::string_view), alignof(std::string_view));
    auto* const stack = static_cast<std::string_view*>(lines);
    std::array<char, 64> text;
    for (std::size_t i = 0; i < count; ++i) {
        text[0] = '0';
        text[1] = 'x';
        const auto written =
            std::to_chars(text.data() + 2, text.data() + text.size(),
                          io::link_address(reinterpret_cast<void*>(frames[i])), 16);
        std::construct_at(
            stack + i,
            copy_to(memory, {text.data(), static_cast<std::size_t>(written.ptr - text.data())}));
    }
    std::construct_at(stack + count,
                      copy_to(memory, hexadecimal(text, "build id ", io::build_id())));
    return {stack, count + 1};
}

std::string_view text_or_null(const char* text) noexcept {
    return text == nullptr ? "a null pointer" : std::string_view{text};
}

error_report describe(const std::exception_ptr& error, std::pmr::memory_resource& memory,
                      std::size_t depth);

const error_report* describe_cause(const std::nested_exception* around,
                                   std::pmr::memory_resource& memory, std::size_t depth) {
    if (around == nullptr || !around->nested_ptr() || depth == error_causes_max)
        return nullptr;
    void* const place = memory.allocate(sizeof(error_report), alignof(error_report));
    return std::construct_at(static_cast<error_report*>(place),
                             describe(around->nested_ptr(), memory, depth + 1));
}

error_report describe(const std::exception_ptr& error, std::pmr::memory_resource& memory,
                      std::size_t depth) {
    error_report report;
    const auto is = [&](std::string_view message) {
        report.type = "unknown";
        report.message = copy_to(memory, message);
        if (const std::type_info* const type = abi::__cxa_current_exception_type()) {
            report.type = name_of(*type, memory);
            report.stack = stack_at_throw(error, *type, memory);
        }
    };
    try {
        std::rethrow_exception(error);
    } catch (const function_error& thrown) {
        report = {copy_to(memory, thrown.type()), copy_to(memory, thrown.message())};
        report.cause =
            describe_cause(dynamic_cast<const std::nested_exception*>(&thrown), memory, depth);
    } catch (const std::exception& thrown) {
        is(text_or_null(thrown.what()));
        report.cause =
            describe_cause(dynamic_cast<const std::nested_exception*>(&thrown), memory, depth);
    } catch (const std::nested_exception& thrown) {
        is("an exception that is no std::exception");
        report.cause = describe_cause(&thrown, memory, depth);
    } catch (const std::string& thrown) {
        is(thrown);
    } catch (const char* thrown) {
        is(text_or_null(thrown));
    } catch (...) {
        is("an exception that is no std::exception");
    }
    return report;
}

void write_members(json::writer& document, const error_report& report, std::size_t message_max) {
    document.key("errorMessage");
    document.string(report.message.substr(0, message_max));
    document.key("errorType");
    document.string(report.type.substr(0, type_size_max));
    document.key("stackTrace");
    document.begin_array();
    for (const std::string_view line : report.stack) {
        document.element();
        document.string(line);
    }
    document.end_array();
}

std::size_t causes_behind(const error_report& report) noexcept {
    std::size_t count = 0;
    for (const error_report* cause = report.cause; cause != nullptr; cause = cause->cause)
        ++count;
    return count;
}

void write_xray_exception(json::writer& header, const error_report& report) {
    header.begin_object();
    header.key("message");
    header.string(report.message.substr(0, xray_message_size_max));
    header.key("type");
    header.string(report.type.substr(0, type_size_max));
    header.key("stack");
    header.begin_array();
    for (const std::string_view line : report.stack) {
        header.element();
        header.begin_object();
        header.key("path");
        header.string(
            std::string_view{program_invocation_short_name}.substr(0, xray_path_size_max));
        header.key("line");
        header.integer(0);
        header.key("label");
        header.string(line);
        header.end_object();
    }
    header.end_array();
    header.end_object();
}

void append_escape(std::pmr::string& to, std::uint32_t unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    const char escape[] = {'\\',
                           'u',
                           digits[unit >> 12 & 15],
                           digits[unit >> 8 & 15],
                           digits[unit >> 4 & 15],
                           digits[unit & 15]};
    to.append(escape, sizeof escape);
}

// `json` is valid UTF-8, as a writer's text is.
std::string_view in_ascii(std::string_view json, std::pmr::memory_resource& memory) {
    std::pmr::string text{&memory};
    text.reserve(json.size());
    for (std::size_t at = 0; at < json.size();) {
        const auto lead = static_cast<unsigned char>(json[at++]);
        if (lead < 0x7f) {
            text.push_back(static_cast<char>(lead));
            continue;
        }
        std::uint32_t point = lead; // delete stands for itself
        const unsigned more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        if (more > 0)
            point = lead & (0x3fU >> more);
        for (unsigned i = 0; i < more; ++i)
            point = point << 6 | (static_cast<unsigned char>(json[at++]) & 0x3f);
        if (point < 0x10000) {
            append_escape(text, point);
        } else {
            append_escape(text, 0xd800 + ((point - 0x10000) >> 10));
            append_escape(text, 0xdc00 + ((point - 0x10000) & 0x3ff));
        }
    }
    return copy_to(memory, text);
}

std::string_view write_xray_cause_of(const error_report& report, std::size_t exceptions,
                                     std::pmr::memory_resource& memory) {
    std::array<char, PATH_MAX> directory;
    const char* const here = ::getcwd(directory.data(), directory.size());
    json::writer header{memory};
    header.begin_object();
    header.key("working_directory");
    header.string(std::string_view{here == nullptr ? "" : here}.substr(0, xray_directory_size_max));
    header.key("exceptions");
    header.begin_array();
    const error_report* each = &report;
    for (std::size_t i = 0; i < exceptions; ++i, each = each->cause) {
        header.element();
        write_xray_exception(header, *each);
    }
    header.end_array();
    header.key("paths");
    header.begin_array();
    header.end_array();
    header.end_object();
    return in_ascii(header.release(), memory);
}

} // namespace

std::string_view write_error_document(const error_report& report,
                                      std::pmr::memory_resource& memory) {
    json::writer document{memory};
    document.begin_object();
    write_members(document, report, message_size_max);
    std::size_t depth = 1;
    for (const error_report* cause = report.cause; cause != nullptr; cause = cause->cause) {
        document.key("cause");
        document.begin_object();
        write_members(document, *cause, cause_message_size_max);
        ++depth;
    }
    for (; depth > 0; --depth)
        document.end_object();
    return document.release();
}

error_report shortened(error_report report, std::pmr::memory_resource& memory) {
    const auto is_short = [&] {
        return write_error_document(report, memory).size() <= short_error_document_size_max;
    };
    if (is_short())
        return report;
    report.cause = nullptr;
    if (is_short())
        return report;
    report.stack = {};
    for (std::size_t room = short_error_document_size_max; !is_short() && room > 0; room /= 2) {
        report.message = utf8::prefix(report.message, room);
        report.type = utf8::prefix(report.type, room);
    }
    return report;
}

std::string_view write_xray_cause(const error_report& report, std::pmr::memory_resource& memory) {
    std::size_t exceptions = 1 + causes_behind(report);
    std::string_view header = write_xray_cause_of(report, exceptions, memory);
    while (header.size() > runtime_api::xray_cause_size_max && exceptions > 1)
        header = write_xray_cause_of(report, --exceptions, memory);
    return header;
}

error_type_name::error_type_name(std::string_view type) noexcept {
    // What has a category keeps its case; a type may be made of anything, a header of letters.
    const bool is_runtime = type.starts_with(runtime_category);
    const bool has_category = is_runtime || type.starts_with(function_category);
    const std::string_view category = is_runtime ? runtime_category : function_category;
    append(category);
    bool starts_word = !has_category;
    for (const char c : has_category ? type.substr(category.size()) : last_component(type)) {
        if (is_lower(c) && starts_word) {
            const char upper = static_cast<char>(c - 'a' + 'A');
            append({&upper, 1});
        } else if (is_lower(c) || is_upper(c)) {
            append({&c, 1});
        }
        starts_word = !has_category && !is_lower(c) && !is_upper(c);
    }
    if (size_ == category.size())
        append("Unknown");
}

void error_type_name::append(std::string_view more) noexcept {
    const std::size_t room = text_.size() - size_;
    const std::size_t length = more.size() < room ? more.size() : room;
    std::memcpy(text_.data() + size_, more.data(), length);
    size_ += length;
}

error_report describe_exception(const std::exception_ptr& error,
                                std::pmr::memory_resource& memory) {
    return describe(error, memory, 0);
}

} // namespace spry
