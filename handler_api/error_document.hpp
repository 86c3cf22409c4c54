// SPDX-License-Identifier: Apache-2.0
// The error document: how a function's failure is told to Lambda (runtime-contract 1.6).
#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <memory_resource>
#include <string_view>

namespace spry {

/// What went wrong, in the words of the one who threw.
struct error_report {
    std::string_view
        type; ///< "std::out_of_range", or a name that is not C++'s: "Runtime.NoSuchHandler"
    std::string_view message; ///< any bytes; repaired to UTF-8 where they are written
};

/// `{"errorMessage":...,"errorType":...,"stackTrace":[]}`, in `memory`, as long as that keeps it. A
/// message beyond `error_document_size_max` is cut.
std::string_view write_error_document(const error_report& report,
                                      std::pmr::memory_resource& memory);

/// The value of the error-type header: "Function." and the last component of the type's name in
/// CamelCase, letters only ("std::out_of_range" gives "Function.OutOfRange"); a type with a
/// category
/// ("Runtime.NoSuchHandler") as it is.
class error_type_name {
public:
    explicit error_type_name(std::string_view type) noexcept;
    std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    void append(std::string_view more) noexcept;

    std::array<char, 128> text_;
    std::size_t size_ = 0;
};

/// Type and message of an exception of any type; the views live in `memory`. To be called where the
/// exception may be rethrown: anywhere.
error_report describe_exception(const std::exception_ptr& error, std::pmr::memory_resource& memory);

} // namespace spry
