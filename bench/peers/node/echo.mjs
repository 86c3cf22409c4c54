// SPDX-License-Identifier: Apache-2.0
// Echo: the client parses the event and serialises the answer.
export const handler = async (event) => event;
