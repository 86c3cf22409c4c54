// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/error_document.hpp>

#include <spry/core/demangle.hpp>
#include <spry/core/json_writer.hpp>
#include <spry/handler_api/runtime_api.hpp>

#include <cstring>
#include <span>
#include <string>
#include <typeinfo>

#include <cxxabi.h>

namespace spry {

namespace {

constexpr std::string_view function_category = "Function.";

// Room for the type and for every byte of a message written as \u00XX.
constexpr std::size_t message_size_max = (runtime_api::error_document_size_max - 4096) / 6;

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

// Only inside a catch block.
std::string_view current_exception_type(std::pmr::memory_resource& memory) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (type == nullptr)
        return "unknown";
    std::array<char, demangled_size_max> readable;
    const std::string_view name = demangle(type->name(), readable);
    return copy_to(memory, name.empty() ? std::string_view{type->name()} : name);
}

} // namespace

std::string_view write_error_document(const error_report& report,
                                      std::pmr::memory_resource& memory) {
    json::writer document{memory};
    document.begin_object();
    document.key("errorMessage");
    document.string(report.message.substr(0, message_size_max));
    document.key("errorType");
    document.string(report.type);
    document.key("stackTrace");
    document.begin_array();
    document.end_array();
    document.end_object();
    return document.release();
}

error_type_name::error_type_name(std::string_view type) noexcept {
    if (type.starts_with("Runtime.") || type.starts_with(function_category)) {
        append(type);
        return;
    }
    append(function_category);
    bool starts_word = true;
    for (const char c : last_component(type)) {
        if (is_lower(c) && starts_word) {
            const char upper = static_cast<char>(c - 'a' + 'A');
            append({&upper, 1});
        } else if (is_lower(c) || is_upper(c)) {
            append({&c, 1});
        }
        starts_word = !is_lower(c) && !is_upper(c);
    }
    if (size_ == function_category.size())
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
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& thrown) {
        return {current_exception_type(memory), copy_to(memory, thrown.what())};
    } catch (const std::string& thrown) {
        return {current_exception_type(memory), copy_to(memory, thrown)};
    } catch (const char* thrown) {
        return {current_exception_type(memory), copy_to(memory, thrown)};
    } catch (...) {
        return {current_exception_type(memory), "an exception that is no std::exception"};
    }
}

} // namespace spry
