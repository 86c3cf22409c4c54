// SPDX-License-Identifier: Apache-2.0
// The floor of a streamed response: as many bytes as the event says ("bytes") in chunks of the size
// it says ("write"), each with one system call, and one for the head.

#include "client.h"

enum {
    buffer_bytes = 16384,
    write_max = 1024 * 1024,
    chunk_room = 32, // a chunk's size and line ends
    msg_nosignal = 0x4000,
};

static char buffer[buffer_bytes];
static u64 received;
static char get_text[256];
static char head_text[1024];
static char piece[write_max + chunk_room];

static void send_all(i64 fd, const char* bytes, u64 size) {
    while (size != 0) {
        const i64 sent = system_call(call_sendto, fd, (i64)bytes, (i64)size, msg_nosignal, 0, 0);
        if (sent <= 0)
            quit(send_failed);
        bytes += sent;
        size -= (u64)sent;
    }
}

// The body of the message that comes next, which is small; the buffer has no more than it.
static char* read_message(i64 fd) {
    received = 0;
    for (;;) {
        const i64 got = system_call(call_recvfrom, fd, (i64)(buffer + received),
                                    (i64)(buffer_bytes - 1 - received), 0, 0, 0);
        if (got == 0)
            quit(0);
        if (got < 0)
            quit(receive_failed);
        received += (u64)got;
        buffer[received] = 0;
        for (u64 at = 0; at + 4 <= received; ++at) {
            if (buffer[at] != '\r' || buffer[at + 1] != '\n' || buffer[at + 2] != '\r' ||
                buffer[at + 3] != '\n')
                continue;
            const u64 size =
                content_length(header_value(buffer, buffer + at + 4, "content-length"));
            if (at + 4 + size <= received)
                return buffer + at + 4;
            break;
        }
        if (received == buffer_bytes - 1)
            quit(message_too_large);
    }
}

// The number behind `"name":`, which is there.
static u64 member(const char* event, const char* name) {
    for (;; ++event) {
        u64 size = 0;
        while (name[size] != 0 && event[size] == name[size])
            ++size;
        if (name[size] == 0)
            return content_length(event + size);
        if (*event == 0)
            quit(message_too_large);
    }
}

static u64 put_hexadecimal(char* to, u64 number) {
    u64 count = 1;
    while (number >> (4 * count) != 0)
        ++count;
    for (u64 i = 0; i != count; ++i)
        to[i] = "0123456789abcdef"[(number >> (4 * (count - 1 - i))) & 15];
    return count;
}

// A chunk of so many bytes at the front of `piece`; its whole size.
static u64 make_chunk(u64 size) {
    u64 at = put_hexadecimal(piece, size);
    at += put(piece + at, "\r\n");
    for (u64 i = 0; i != size; ++i)
        piece[at + i] = 'x';
    at += size;
    return at + put(piece + at, "\r\n");
}

static u64 make_head(const char* id, const char* host) {
    u64 at = put(head_text, "POST " PATH);
    while (*id != '\r')
        head_text[at++] = *id++;
    at += put(head_text + at, "/response HTTP/1.1\r\nHost: ");
    at += put(head_text + at, host);
    return at + put(head_text + at, "\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n"
                                    "Transfer-Encoding: chunked\r\n\r\n");
}

// Called by the entry point with what the kernel left on the stack: count and values of the
// arguments, a null, the environment, a null.
__attribute__((used)) _Noreturn void start(u64* stack);
__attribute__((used)) _Noreturn void start(u64* stack) {
    const char* const host =
        variable((char**)(stack + 1 + stack[0] + 1), "AWS_LAMBDA_RUNTIME_API=");
    if (host == 0)
        quit(no_address);
    const i64 fd = connect_to(host);
    u64 get_size = put(get_text, "GET " PATH "next HTTP/1.1\r\nHost: ");
    get_size += put(get_text + get_size, host);
    get_size += put(get_text + get_size, "\r\n\r\n");
    for (;;) {
        send_all(fd, get_text, get_size);
        const char* const event = read_message(fd);
        const char* const id = header_value(buffer, event, "lambda-runtime-aws-request-id");
        u64 left = member(event, "\"bytes\":");
        const u64 write = member(event, "\"write\":");
        if (id == 0 || write == 0 || write > write_max || left == 0)
            quit(no_request_id);
        send_all(fd, head_text, make_head(id, host));
        for (u64 whole = make_chunk(write); left >= write; left -= write)
            send_all(fd, piece, whole);
        if (left != 0)
            send_all(fd, piece, make_chunk(left));
        send_all(fd, "0\r\n\r\n", 5);
        read_message(fd);
    }
}
