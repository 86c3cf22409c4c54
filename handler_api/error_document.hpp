// SPDX-License-Identifier: Apache-2.0
// The error document and its headers: how a function's failure is told to Lambda
// (runtime-contract 1.6).
#pragma once

#include <spry/handler_api/runtime_api.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <memory_resource>
#include <span>
#include <string_view>

namespace spry {

/// What went wrong, in the words of the one who threw.
struct error_report {
    std::string_view
        type; ///< "std::out_of_range", or a name that is not C++'s: "Runtime.NoSuchHandler"
    std::string_view message; ///< any bytes; repaired to UTF-8 where they are written
    /// The stack at the throw, innermost first, as far as it is known: an address of the program's
    /// file each, and last the build id that says of which file. `./dev symbolize` turns them into
    /// lines.
    std::span<const std::string_view> stack = {};
    /// What this error was thrown because of (std::throw_with_nested), or null.
    const error_report* cause = nullptr;
};

/// How many causes behind a cause are described.
inline constexpr std::size_t error_causes_max = 8;

/// `{"errorMessage":...,"errorType":...,"stackTrace":[...]}`, with `"cause":{...}` of the same form
/// behind them where there is one; in `memory`, as long as that keeps it. Messages are cut so that
/// `error_document_size_max` is kept to.
std::string_view write_error_document(const error_report& report,
                                      std::pmr::memory_resource& memory);

/// Bytes of a document that is taken where a longer one is not: in base64 it fits into the trailers
/// of a chunked body, beside their names and the type.
inline constexpr std::size_t short_error_document_size_max =
    (runtime_api::trailers_size_max - 256) / 4 * 3;

/// The same error with as much of it as fits into such a document: its causes go first, then its
/// stack, then the end of its message.
error_report shortened(error_report report, std::pmr::memory_resource& memory);

/// The value of the X-Ray header: `{"working_directory":...,"exceptions":[...],"paths":[]}` in
/// ASCII without control characters, of at most `xray_cause_size_max` bytes. The error comes first,
/// its causes follow, the last of which are left out where there is no room for them.
std::string_view write_xray_cause(const error_report& report, std::pmr::memory_resource& memory);

/// The value of the error-type header: "Function." and the last component of the type's name in
/// CamelCase, letters only, whatever the type has ("std::out_of_range" gives
/// "Function.OutOfRange"); a type with a category ("Runtime.NoSuchHandler") keeps that.
class error_type_name {
public:
    explicit error_type_name(std::string_view type) noexcept;
    std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    void append(std::string_view more) noexcept;

    std::array<char, 128> text_;
    std::size_t size_ = 0;
};

/// Type, message, stack and causes of an exception of any type; everything that is shown lives in
/// `memory`. To be called where the exception may be rethrown: anywhere.
error_report describe_exception(const std::exception_ptr& error, std::pmr::memory_resource& memory);

} // namespace spry
