#pragma once

#include <spry/spry.hpp>

#include <string>
#include <string_view>
#include <vector>

// The names are the service's own.
struct message {
    std::string_view messageId;
    std::string_view body;
};
SPRY_JSON(message, required(messageId), required(body))

struct batch {
    std::vector<message> Records;
};
SPRY_JSON(batch, required(Records))

// What is named here stays in the queue; the rest of the batch is done. The event source mapping
// needs ReportBatchItemFailures for it.
struct failed_message {
    std::string itemIdentifier;
};
SPRY_JSON(failed_message, itemIdentifier)

struct batch_answer {
    std::vector<failed_message> batchItemFailures;
};
SPRY_JSON(batch_answer, batchItemFailures)

batch_answer handle(batch messages, spry::context& context);
