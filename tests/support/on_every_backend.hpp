// SPDX-License-Identifier: Apache-2.0
// on_every_backend: the fixture of tests that hold for each way to run operations. A further
// backend is one line in `backends`.
#pragma once

#include <spry/core/task.hpp>
#include <spry/io/event_loop.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

namespace spry::tests {

struct backend_under_test {
    const char* name;
    std::unique_ptr<io::event_loop> (*make)();

    friend void PrintTo(const backend_under_test& backend, std::ostream* out) {
        *out << backend.name;
    }
};

template <io::backend_choice Choice>
std::unique_ptr<io::event_loop> make_loop() {
    return io::event_loop::create(Choice).value();
}

inline constexpr std::array backends{
    backend_under_test{"direct", make_loop<io::backend_choice::direct>},
    backend_under_test{"epoll", make_loop<io::backend_choice::epoll>},
};

class on_every_backend : public testing::TestWithParam<backend_under_test> {
protected:
    io::event_loop& loop() noexcept { return *loop_; }

    template <class T>
    T run(task<T> work) {
        return loop_->run(std::move(work));
    }

private:
    std::unique_ptr<io::event_loop> loop_ = GetParam().make();
};

inline std::string backend_name(const testing::TestParamInfo<backend_under_test>& info) {
    return info.param.name;
}

} // namespace spry::tests

/// Runs the suite, a class derived from `on_every_backend`, once for each backend.
#define SPRY_ON_EVERY_BACKEND(suite)                                                               \
    INSTANTIATE_TEST_SUITE_P(backends, suite, testing::ValuesIn(spry::tests::backends),            \
                             spry::tests::backend_name)
