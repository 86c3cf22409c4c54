// SPDX-License-Identifier: Apache-2.0
// outcome: a result or a failure (runtime-contract 8.2). C++11, as all headers of the drop-in.
#pragma once

#include <cassert>
#include <new>
#include <type_traits>
#include <utility>

namespace aws {
namespace lambda_runtime {

/// Holds one of the two and says which. A moved-from outcome keeps saying the same. It can be
/// assigned by move only.
template <typename TResult, typename TFailure>
class outcome {
    static_assert(!std::is_same<TResult, TFailure>::value,
                  "an outcome's result and failure are of different types");

public:
    outcome(const TResult& result) : result_(result), is_success_(true) {}
    outcome(TResult&& result) : result_(std::move(result)), is_success_(true) {}
    outcome(const TFailure& failure) : failure_(failure), is_success_(false) {}
    outcome(TFailure&& failure) : failure_(std::move(failure)), is_success_(false) {}

    outcome(const outcome& other) : is_success_(other.is_success_) {
        if (is_success_)
            new (&result_) TResult(other.result_);
        else
            new (&failure_) TFailure(other.failure_);
    }
    outcome(outcome&& other) noexcept : is_success_(other.is_success_) { take(other); }

    outcome& operator=(outcome&& other) noexcept {
        assert(this != &other);
        if (this == &other)
            return *this;
        destroy();
        is_success_ = other.is_success_;
        take(other);
        return *this;
    }

    ~outcome() { destroy(); }

    /// Asserts that there is a result; so for a failure below.
    const TResult& get_result() const& {
        assert(is_success_);
        return result_;
    }
    TResult&& get_result() && {
        assert(is_success_);
        return std::move(result_);
    }
    const TFailure& get_failure() const& {
        assert(!is_success_);
        return failure_;
    }
    TFailure&& get_failure() && {
        assert(!is_success_);
        return std::move(failure_);
    }

    bool is_success() const { return is_success_; }

private:
    void take(outcome& other) {
        if (is_success_)
            new (&result_) TResult(std::move(other.result_));
        else
            new (&failure_) TFailure(std::move(other.failure_));
    }
    void destroy() {
        if (is_success_)
            result_.~TResult();
        else
            failure_.~TFailure();
    }

    union {
        TResult result_;
        TFailure failure_;
    };
    bool is_success_;
};

} // namespace lambda_runtime
} // namespace aws
