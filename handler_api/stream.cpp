// SPDX-License-Identifier: Apache-2.0
#include <spry/handler_api/stream.hpp>

#include <spry/handler_api/detail/streamed_post.hpp>

namespace spry {

task<result<>> stream_writer::write(stream_bytes bytes) {
    return post_->write(bytes.bytes());
}

task<result<>> stream_writer::flush() {
    return post_->flush();
}

task<> detail::write_all(byte_generator pieces, stream_writer* to) {
    while (true) {
        const bool has_more = co_await pieces.next();
        if (!has_more)
            co_return;
        const result<> written = co_await to->write(pieces.value());
        if (!written)
            co_return; // the generator ends at its co_yield
    }
}

} // namespace spry
