// SPDX-License-Identifier: Apache-2.0
// read.mjs http|sqs FILE TIMES: reads the event of a file so often without any runtime, and prints what
// one time takes.
import { readFileSync } from 'node:fs';

const [what, path, times] = process.argv.slice(2);

const readHttp = (text) => {
    const event = JSON.parse(text);
    const context = event.requestContext;
    return context.http.method.length + event.rawPath.length + event.queryStringParameters.state.length
        + event.headers.host.length + context.requestId.length;
};

const readSqs = (text) => JSON.parse(text).Records.reduce(
    (length, record) => length + record.messageId.length + record.body.length, 0);

const once = { http: readHttp, sqs: readSqs }[what];
const bytes = readFileSync(path);
let length = once(bytes.toString());
const begin = process.hrtime.bigint();
for (let i = 0; i < Number(times); ++i)
    length = once(bytes.toString());
const nanoseconds = Number(process.hrtime.bigint() - begin) / Number(times);
console.log(`length ${length}\nnanoseconds ${nanoseconds.toFixed(1)}`);
