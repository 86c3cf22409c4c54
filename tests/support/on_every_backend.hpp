// SPDX-License-Identifier: Apache-2.0
// on_every_backend: the fixture of tests that hold for each way to run operations. A further
// backend is one line in `backends`. What needs real descriptors, other processes or threads, or
// real time, holds on every kernel backend.
#pragma once

#include <spry/core/task.hpp>
#include <spry/io/event_loop.hpp>
#include <spry/io/testing/scripted_backend.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

namespace spry::tests {

struct backend_under_test {
    const char* name;
    io::backend_choice choice;
    bool is_scripted = false;

    friend void PrintTo(const backend_under_test& backend, std::ostream* out) {
        *out << backend.name;
    }
};

inline constexpr std::array backends{
    backend_under_test{"direct", io::backend_choice::direct},
    backend_under_test{"epoll", io::backend_choice::epoll},
    backend_under_test{"uring", io::backend_choice::uring},
    backend_under_test{"automatic", io::backend_choice::automatic},
    backend_under_test{"scripted", io::backend_choice::direct, true},
};
inline constexpr std::size_t kernel_backend_count = backends.size() - 1;

inline result<std::unique_ptr<io::event_loop>> loop_over(const backend_under_test& backend) {
    if (backend.is_scripted)
        return io::testing::make_scripted_loop({});
    return io::event_loop::create(backend.choice);
}

class on_every_backend : public testing::TestWithParam<backend_under_test> {
protected:
    void SetUp() override {
        result<std::unique_ptr<io::event_loop>> made = loop_over(GetParam());
        // A kernel that refuses io_uring (seccomp, sysctl) is an ordinary one.
        if (!made && GetParam().choice == io::backend_choice::uring)
            GTEST_SKIP() << "io_uring is refused here: " << made.error().message();
        loop_ = std::move(made).value();
    }

    io::event_loop& loop() noexcept { return *loop_; }

    /// For a forked child: a ring belongs to the process that made it.
    io::event_loop* loop_of_this_process() {
        loop_ = loop_over(GetParam()).value();
        return loop_.get();
    }

    template <class T>
    T run(task<T> work) {
        return loop_->run(std::move(work));
    }

private:
    std::unique_ptr<io::event_loop> loop_;
};

/// For suites that say SPRY_ON_EVERY_KERNEL_BACKEND.
class on_every_kernel_backend : public on_every_backend {};

inline std::string backend_name(const testing::TestParamInfo<backend_under_test>& info) {
    return info.param.name;
}

} // namespace spry::tests

/// Runs the suite, a class derived from `on_every_backend`, once for each backend.
#define SPRY_ON_EVERY_BACKEND(suite)                                                               \
    INSTANTIATE_TEST_SUITE_P(backends, suite, testing::ValuesIn(spry::tests::backends),            \
                             spry::tests::backend_name)

/// The same, derived from `on_every_kernel_backend`, without the scripted one.
#define SPRY_ON_EVERY_KERNEL_BACKEND(suite)                                                        \
    INSTANTIATE_TEST_SUITE_P(                                                                      \
        backends, suite,                                                                           \
        testing::ValuesIn(spry::tests::backends.begin(),                                           \
                          spry::tests::backends.begin() + spry::tests::kernel_backend_count),      \
        spry::tests::backend_name)
