// SPDX-License-Identifier: Apache-2.0
// http answers with five fields of an API Gateway v2 event, sqs with what stands in the records of a
// queue; the client parses and serialises.
export const http = async (event) => ({
    method: event.requestContext.http.method,
    path: event.rawPath,
    state: event.queryStringParameters.state,
    host: event.headers.host,
    id: event.requestContext.requestId,
});

export const sqs = async (event) => ({
    ids: event.Records.map((record) => record.messageId),
    bytes: event.Records.reduce((bytes, record) => bytes + record.body.length, 0),
});
