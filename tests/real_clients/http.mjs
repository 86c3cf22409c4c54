// SPDX-License-Identifier: Apache-2.0
// Functions for AWS's Node runtime that answer browsers: one in pieces, one at once.
export const stream = awslambda.streamifyResponse(async (event, responseStream) => {
    const page = awslambda.HttpResponseStream.from(responseStream, {
        statusCode: 201,
        headers: {"Content-Type": "text/plain", "X-Path": event.rawPath},
        cookies: ["a=b; Path=/"],
    });
    page.write("for ");
    page.write(event.queryStringParameters.name);
    page.end();
});

export const answer = async (event) => ({
    statusCode: 203,
    headers: {"X-Agent": event.requestContext.http.userAgent},
    body: event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body,
});
