// SPDX-License-Identifier: Apache-2.0
// Docker, podman and Fargate refuse io_uring, each in its own way: whichever of its calls fails,
// and however, the released function works, and one DEBUG record names the backend.
#include "local_function.hpp"

#include <cerrno>
#include <ostream>

namespace {

using release::refuse_ring;
using release::ring_call;

struct refusal {
    const char* name;
    int (*prepare)();
    int error; ///< what the record names; 0: the ring needs no such call
    friend void PrintTo(const refusal& one, std::ostream* out) { *out << one.name; }
};

class refused_ring : public release::leaves_no_process,
                     public testing::WithParamInterface<refusal> {};

INSTANTIATE_TEST_SUITE_P(
    release, refused_ring,
    testing::Values(refusal{"setup_EPERM", refuse_ring<ring_call::setup, EPERM>, EPERM},
                    refusal{"setup_ENOSYS", refuse_ring<ring_call::setup, ENOSYS>, ENOSYS},
                    refusal{"enter_EPERM", refuse_ring<ring_call::enter, EPERM>, EPERM},
                    refusal{"enter_ENOSYS", refuse_ring<ring_call::enter, ENOSYS>, ENOSYS},
                    refusal{"register_EPERM", refuse_ring<ring_call::registration, EPERM>, 0},
                    refusal{"register_ENOSYS", refuse_ring<ring_call::registration, ENOSYS>, 0}),
    [](const auto& each) { return std::string(each.param.name); });

std::size_t occurrences(std::string_view text, std::string_view of) {
    std::size_t count = 0;
    for (std::size_t at = text.find(of); at != text.npos; at = text.find(of, at + of.size()))
        ++count;
    return count;
}

TEST_P(refused_ring, leaves_a_function_that_works_and_says_what_it_runs_on) {
    release::local_function echo(release::example("echo"), {}, {"AWS_LAMBDA_LOG_LEVEL=DEBUG"},
                                 GetParam().prepare);
    // The ring would be set up behind the first answer.
    for (const std::string event : {"{}", "[1]", "\"two\"", "3", "[4,4]"}) {
        const release::http_answer answer = echo.invoke(event);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, event);
        EXPECT_EQ(answer.header("x-amz-function-error"), "");
    }
    EXPECT_EQ(echo.stop(), 0);
    EXPECT_EQ(occurrences(echo.log(), "operations run on a backend"), 1) << echo.log();
    if (GetParam().error != 0) {
        EXPECT_NE(echo.log().find("backend=direct\terrno=" + std::to_string(GetParam().error)),
                  std::string::npos)
            << echo.log();
    } else {
        const char* backend = release::ring_is_allowed() ? "backend=uring" : "backend=direct";
        EXPECT_NE(echo.log().find(backend), std::string::npos) << echo.log();
    }
}

} // namespace
