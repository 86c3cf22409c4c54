// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/events/tables.hpp>

namespace spry::emulator {

namespace {

constexpr sample_event table[] = {
    {"ses", "SES: a mail for a function",
     R"({"Records":[{"eventVersion":"1.0","eventSource":"aws:ses",
"ses":{%ses-mail%,"receipt":{%ses-receipt%,
"action":{"type":"Lambda","invocationType":"Event",
"functionArn":"arn:aws:lambda:%region%:%account%:function:orders"}}}}]})"},
    {"ses-s3", "SES: a mail that lies in S3",
     R"({"Records":[{"eventVersion":"1.0","eventSource":"aws:ses",
"ses":{%ses-mail%,"receipt":{%ses-receipt%,
"action":{"type":"S3","topicArn":"arn:aws:sns:%region%:%account%:mails",
"bucketName":"mails-17","objectKey":"%hex:40%"}}}}]})"},
    {"ses-sns", "SES: a mail that went to a topic",
     R"({"Records":[{"eventVersion":"1.0","eventSource":"aws:ses",
"ses":{%ses-mail%,"receipt":{%ses-receipt%,
"action":{"type":"SNS","topicArn":"arn:aws:sns:%region%:%account%:mails"}}}}]})"},
};

} // namespace

std::span<const sample_event> mail_events() noexcept {
    return table;
}

} // namespace spry::emulator
