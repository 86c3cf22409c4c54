// SPDX-License-Identifier: Apache-2.0
// Streams as many bytes as the event says, in writes of the size it says.
import { once } from 'node:events';

export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
    const piece = Buffer.alloc(event.write, 'x');
    for (let left = event.bytes; left > 0; left -= piece.length) {
        if (!responseStream.write(left < piece.length ? piece.subarray(0, left) : piece))
            await once(responseStream, 'drain');
    }
    responseStream.end();
});
