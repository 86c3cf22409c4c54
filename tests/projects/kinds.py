# SPDX-License-Identifier: Apache-2.0
"""What the projects that ./dev new writes answer to their own event.json: that of an event, and those of
the kinds that have an option of their own."""

EVENT_ANSWER = '{"hello":"Ada"}'
ANSWERS = {
    "http": '{"statusCode":200,"headers":{"content-type":"text/plain; charset=utf-8"},'
            '"body":"Hello, Ada!\\n"}',
    "sqs": '{"batchItemFailures":[{"itemIdentifier":"2"}]}',
    "stream": "3\n2\n1\ngo\n",
}
