#include "handler.hpp"

#include <stdexcept>

namespace {

// Yours: throws where a message cannot be dealt with.
void take(const message& one) {
    if (one.body.empty())
        throw std::runtime_error("the message is empty");
}

} // namespace

batch_answer handle(batch messages, spry::context& context) {
    batch_answer answer;
    for (const message& each : messages.Records) {
        try {
            take(each);
        } catch (const std::exception& error) {
            context.log().error("a message is left in the queue",
                                {{"messageId", each.messageId}, {"reason", error.what()}});
            answer.batchItemFailures.push_back({std::string{each.messageId}});
        }
    }
    return answer;
}
