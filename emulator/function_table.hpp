// SPDX-License-Identifier: Apache-2.0
// function_table: the functions that are served, and the names by which they are invoked.
#pragma once

#include <spry/emulator/dispatcher.hpp>
#include <spry/emulator/function_program.hpp>
#include <spry/io/event_loop.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spry::emulator {

/// A name as the Invoke API takes it (runtime contract 7.1), taken apart; views into it.
struct function_reference {
    std::string_view name;      ///< the function's own
    std::string_view qualifier; ///< a version or an alias, or empty
    bool is_arn = false;        ///< a whole ARN
};

/// "name", "account:function:name" or "arn:partition:lambda:region:account:function:name", each
/// with or without ":qualifier"; none for what is none of these. It becomes part of a header, so
/// what percent-decoding has made of it is not trusted.
std::optional<function_reference> parse_function_reference(std::string_view text) noexcept;

/// A version or an alias as a query may name it.
bool is_qualifier(std::string_view text) noexcept;

/// One function that answers to every name, or several, each to its own.
class function_table {
public:
    explicit function_table(bool any_name) noexcept : any_name_(any_name) {}

    void add(io::event_loop& loop, function_program program, log_writer& log,
             const dispatcher_options& options);

    /// The function of this name, or null.
    dispatcher* find(std::string_view name) noexcept;

    /// "a, b, c"
    std::string names() const;

    const std::vector<std::unique_ptr<dispatcher>>& all() const noexcept { return dispatchers_; }

private:
    bool any_name_;
    std::deque<function_program> programs_; // which do not move
    std::vector<std::unique_ptr<dispatcher>> dispatchers_;
};

} // namespace spry::emulator
