// SPDX-License-Identifier: Apache-2.0
#include <spry/emulator/program/events/tables.hpp>

namespace spry::emulator {

namespace {

constexpr sample_event table[] = {
    {"s3", "S3: an object was put",
     R"({"Records":[{"eventVersion":"2.1","eventName":"ObjectCreated:Put",%s3%,%s3-object%}]})"},
    {"s3-glacier", "S3: an object was restored from Glacier",
     R"({"Records":[{"eventVersion":"2.1","eventName":"ObjectRestore:Completed",%s3%,%s3-object%,
"glacierEventData":{"restoreEventData":{"lifecycleRestorationExpiryTime":"%time%",
"lifecycleRestoreStorageClass":"GLACIER"}}}]})"},
    {"s3-restore", "S3: the same, with its data at the top",
     R"({"Records":[{"eventVersion":"2.1","eventName":"ObjectRestore:Completed",%s3%,%s3-object%,
"restoreEventData":{"lifecycleRestorationExpiryTime":"%time%",
"lifecycleRestoreStorageClass":"GLACIER"}}]})"},
    {"s3-lifecycle", "S3: a lifecycle rule moved an object",
     R"({"Records":[{"eventVersion":"2.3","eventName":"LifecycleTransition",%s3%,%s3-object%,
"lifecycleEventData":{"transitionEventData":{"destinationStorageClass":"GLACIER"}}}]})"},
    {"s3-tiering", "S3: Intelligent-Tiering moved an object",
     R"({"Records":[{"eventVersion":"2.3","eventName":"IntelligentTiering",%s3%,%s3-object%,
"intelligentTieringEventData":{"destinationAccessTier":"ARCHIVE_ACCESS"}}]})"},
    {"s3-replication", "S3: an object was not replicated",
     R"({"Records":[{"eventVersion":"2.2","eventName":"Replication:OperationFailedReplication",%s3%,%s3-object%,
"replicationEventData":{"replicationRuleId":"orders","s3Operation":"OBJECT_PUT",
"destinationBucket":"arn:aws:s3:::orders-copy","requestTime":"%time%",
"failureReason":"AssumeRoleNotPermitted"}}]})"},
    {"s3-batch", "S3 Batch Operations: a task (schema 1.0)",
     R"({"invocationSchemaVersion":"1.0","invocationId":"%id:60%","job":{"id":"%uuid%"},
"tasks":[{"taskId":"%id:20%","s3Key":"in/order+17.json","s3VersionId":"%id:32%",
"s3BucketArn":"arn:aws:s3:::orders-17"}]})"},
    {"s3-batch-v2", "S3 Batch Operations: a task (schema 2.0)",
     R"({"invocationSchemaVersion":"2.0","invocationId":"%id:60%",
"job":{"id":"%uuid%","userArguments":{"state":"paid"}},
"tasks":[{"taskId":"%id:20%","s3Key":"in/order+17.json","s3VersionId":"%id:32%",
"s3Bucket":"orders-17"}]})"},
};

} // namespace

std::span<const sample_event> storage_events() noexcept {
    return table;
}

} // namespace spry::emulator
