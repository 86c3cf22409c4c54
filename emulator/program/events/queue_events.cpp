// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/events/tables.hpp>

namespace spry::emulator {

namespace {

constexpr sample_event table[] = {
    {"sqs", "SQS: messages of a queue",
     R"({"Records":[{"messageId":"%uuid%","receiptHandle":"%id:60%",
"body":"%text:order%","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"%ms%",
"SenderId":"%id:21%","ApproximateFirstReceiveTimestamp":"%ms%"},
"messageAttributes":{"kind":{"dataType":"String","stringValue":"order","stringListValues":[],
"binaryListValues":[]},"count":{"dataType":"Number","stringValue":"1","stringListValues":[],
"binaryListValues":[]},"stamp":{"dataType":"Binary","binaryValue":"%base64:paid%",
"stringListValues":[],"binaryListValues":[]}},
"md5OfBody":"adc834e3f4fd884a2208b21ed80fd090","md5OfMessageAttributes":"%hex:32%",
"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:%region%:%account%:orders",
"awsRegion":"%region%"}]})"},
    {"sns", "SNS: a notification of a topic",
     R"({"Records":[{%sns%,"Sns":{%sns-message%,"Subject":"An order",
"Message":"%text:order%","MessageAttributes":{"kind":{"Type":"String","Value":"order"},
"stamp":{"Type":"Binary","Value":"%base64:paid%"}}}}]})"},
    {"kinesis", "Kinesis: records of a stream",
     R"({"Records":[%kinesis-record%,%kinesis-record%]})"},
    {"kinesis-window", "the same, in a tumbling window",
     R"({"Records":[%kinesis-record%],%window%,
"shardId":"shardId-000000000000",
"eventSourceARN":"arn:aws:kinesis:%region%:%account%:stream/orders"})"},
    {"kinesis-analytics", "Kinesis Analytics: records of an application",
     R"({"invocationId":"%uuid%",
"applicationArn":"arn:aws:kinesisanalytics:%region%:%account%:application/orders",
"records":[{"recordId":"%digits:56%","data":"%base64:{"order":17}%"}]})"},
    {"firehose", "Firehose: records to transform",
     R"({"invocationId":"%uuid%","region":"%region%",
"deliveryStreamArn":"arn:aws:firehose:%region%:%account%:deliverystream/orders",
"sourceKinesisStreamArn":"arn:aws:kinesis:%region%:%account%:stream/orders",
"records":[{"recordId":"%digits:56%","data":"%base64:{"order":17}%",
"approximateArrivalTimestamp":%ms%,"kinesisRecordMetadata":{"shardId":"shardId-000000000000",
"partitionKey":"17","approximateArrivalTimestamp":%ms%,"sequenceNumber":"%digits:56%",
"subsequenceNumber":0}}]})"},
    {"dynamodb", "DynamoDB: changes of a table",
     R"({"Records":[%dynamodb-record%,%dynamodb-record%]})"},
    {"dynamodb-window", "the same, in a tumbling window",
     R"({"Records":[%dynamodb-record%],%window%,
"shardId":"shardId-%digits:20%",
"eventSourceARN":"arn:aws:dynamodb:%region%:%account%:table/orders/stream/%time%"})"},
    {"kafka", "Kafka (MSK): records of a topic",
     R"({"eventSource":"aws:kafka",
"eventSourceArn":"arn:aws:kafka:%region%:%account%:cluster/orders/%uuid%",
"bootstrapServers":"b-1.orders.example.com:9092,b-2.orders.example.com:9092",
"records":{"orders-0":[{"topic":"orders","partition":0,"offset":17,"timestamp":%ms%,
"timestampType":"CREATE_TIME","key":"%base64:17%","value":"%base64:{"order":17}%",
"headers":[{"kind":[111,114,100,101,114]}]}]}})"},
    {"activemq", "ActiveMQ: messages of a queue",
     R"({"eventSource":"aws:mq",
"eventSourceArn":"arn:aws:mq:%region%:%account%:broker:orders:b-%uuid%",
"messages":[{"messageID":"ID:b-%uuid%-1.mq.%region%.amazonaws.com-1:1:1:1:1",
"messageType":"jms/text-message","timestamp":%ms%,"deliveryMode":1,"correlationID":"",
"replyTo":"null","destination":{"physicalName":"orders"},"redelivered":false,"type":"",
"expiration":0,"priority":4,"data":"%base64:{"order":17}%","brokerInTime":%ms%,
"brokerOutTime":%ms%,"properties":{"kind":"order"}}]})"},
};

} // namespace

std::span<const sample_event> queue_events() noexcept {
    return table;
}

} // namespace spry::emulator
