// SPDX-License-Identifier: Apache-2.0
#include <spry/core/error.hpp>

#include <string>

namespace spry {

std::string_view describe(errc code) noexcept {
    switch (code) {
    case errc::cancelled:
        return "cancelled";
    case errc::timed_out:
        return "timed out";
    case errc::connection_closed:
        return "the peer closed the connection in the middle of a message";
    case errc::malformed_message:
        return "not a valid HTTP/1.1 message";
    case errc::head_too_large:
        return "the message's head is larger than the limit";
    case errc::body_too_large:
        return "the message's body is larger than the limit";
    case errc::unexpected_message:
        return "a message that the protocol does not allow here";
    case errc::invalid_endpoint:
        return "not a valid address";
    case errc::host_not_found:
        return "host name not found";
    case errc::invalid_json:
        return "not valid JSON";
    case errc::json_mismatch:
        return "JSON that does not fit the type it is read into";
    case errc::no_such_handler:
        return "no handler of that name";
    case errc::child_not_started:
        return "the program could not be started";
    }
    return "unknown error";
}

namespace {

class category final : public std::error_category {
public:
    const char* name() const noexcept override { return "spry"; }
    std::string message(int code) const override {
        return std::string{describe(static_cast<errc>(code))};
    }
};

// Never destroyed: what happens while the program ends may still be an error.
union permanent_category {
    constexpr permanent_category() noexcept : instance() {}
    ~permanent_category() {}

    category instance;
};

constinit const permanent_category permanent;

} // namespace

const std::error_category& error_category() noexcept {
    return permanent.instance;
}

} // namespace spry
