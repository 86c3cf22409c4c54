// SPDX-License-Identifier: Apache-2.0
// function: a handler under a name; a table of them is what a binary offers.
#pragma once

#include <spry/core/task.hpp>
#include <spry/handler_api/context.hpp>
#include <spry/handler_api/event.hpp>
#include <spry/handler_api/handler.hpp>
#include <spry/handler_api/response.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace spry {

/// One entry of the table that `run` takes: `{"greet", greet}`. Owns the handler; does not own the
/// name, which is a literal.
class function {
public:
    template <class F>
    function(std::string_view name, F handler) : name_(name) {
        detail::require_handler<F>();
        if constexpr (is_stored_here<F>) {
            std::construct_at(reinterpret_cast<F*>(storage_.data()), std::move(handler));
            handler_ = storage_.data();
            destroy_ = [](void* stored) { std::destroy_at(static_cast<F*>(stored)); };
        } else {
            handler_ = new F(std::move(handler));
            destroy_ = [](void* stored) { delete static_cast<F*>(stored); };
        }
        invoke_ = [](const void* stored, event given, context* about) {
            return detail::invoke_handler<F>(static_cast<const F*>(stored), given, about);
        };
    }
    function(const function&) = delete;
    function& operator=(const function&) = delete;
    ~function() { destroy_(handler_); }

    std::string_view name() const noexcept { return name_; }

    /// The answer to one event; the context outlives the task. Throws what the handler throws, and
    /// `event_mismatch`.
    task<response> operator()(event given, context& about) const {
        return invoke_(handler_, given, &about);
    }

private:
    static constexpr std::size_t storage_size = 4 * sizeof(void*);

    template <class F>
    static constexpr bool is_stored_here =
        sizeof(F) <= storage_size && alignof(F) <= alignof(void*);

    std::string_view name_;
    alignas(void*) std::array<std::byte, storage_size> storage_;
    void* handler_;
    void (*destroy_)(void*);
    task<response> (*invoke_)(const void*, event, context*);
};

/// Which function of the table this process is.
struct function_choice {
    const function* chosen = nullptr; ///< null where there is none
    std::string_view wanted; ///< then: the name that the table does not have; empty: none was given
};

/// With one entry any name selects it, since base images and zip settings force arbitrary names.
/// With several, the first argument that is no option (an image's CMD) decides, then `_HANDLER`.
function_choice choose_function(std::span<const function> table, int argc, const char* const* argv,
                                std::string_view handler_variable) noexcept;

} // namespace spry
