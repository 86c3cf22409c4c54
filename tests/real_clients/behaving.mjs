// SPDX-License-Identifier: Apache-2.0
// A function for AWS's Node runtime that does what the event says.
export const handler = async (event, context) => {
    if (event.how === "fail")
        throw new TypeError("as asked");
    if (event.how === "exit")
        process.exit(3);
    if (event.how === "hang")
        await new Promise((resolve) => setTimeout(resolve, 1e6));
    return {did: event.how, id: context.awsRequestId};
};
