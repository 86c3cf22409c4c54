// SPDX-License-Identifier: Apache-2.0
// The floor: what an echo function costs with nothing in it. Static, without libc, one blocking
// keep-alive connection, the event echoed from the receive buffer without a copy. 4 system calls an
// invocation; with any argument POST and the next GET leave in one write (pipelined): 2 calls, 3
// where the next event comes later than the 202.
//
// It is a yardstick and no client: it believes what the benchmark's server sends (an IPv4 address,
// a Content-Length, a request id of reasonable length) and checks only what would make it lie.

#include "client.h"

enum {
    buffer_bytes = 8 * 1024 * 1024,
    contiguous_bytes = 4096, // copying up to a page costs less than a gathered write
    msg_waitall = 0x100,
    msg_nosignal = 0x4000,
};

struct part {
    const char* bytes;
    u64 size;
};

struct message_header { // struct msghdr, as the kernel has it
    void* name;
    u32 name_size;
    u32 padding;
    struct part* parts;
    u64 part_count;
    void* control;
    u64 control_size;
    i32 flags;
};

static char buffer[buffer_bytes];
static u64 received; // bytes in buffer
static char get_text[256];
static u64 get_size;
static char post_text[512];

static void send_all(i64 fd, struct part* parts, u64 count) {
    u64 total = 0;
    for (u64 i = 0; i != count; ++i)
        total += parts[i].size;
    if (total <= contiguous_bytes) {
        static char joined[contiguous_bytes];
        u64 at = 0;
        for (u64 i = 0; i != count; ++i) {
            copy_bytes(joined + at, parts[i].bytes, parts[i].size);
            at += parts[i].size;
        }
        for (u64 done = 0; done != total;) {
            const i64 sent = system_call(call_sendto, fd, (i64)(joined + done), (i64)(total - done),
                                         msg_nosignal, 0, 0);
            if (sent <= 0)
                quit(send_failed);
            done += (u64)sent;
        }
        return;
    }
    while (count != 0) {
        struct message_header header = {0, 0, 0, parts, count, 0, 0, 0};
        i64 sent = system_call(call_sendmsg, fd, (i64)&header, msg_nosignal, 0, 0, 0);
        if (sent <= 0)
            quit(send_failed);
        for (; count != 0 && (u64)sent >= parts->size; ++parts, --count)
            sent -= (i64)parts->size;
        if (count != 0) {
            parts->bytes += sent;
            parts->size -= (u64)sent;
        }
    }
}

struct body {
    u64 begin; // in buffer
    u64 size;
};

static void receive(i64 fd, u64 size, i64 flags, i64 status_at_end) {
    const i64 got =
        system_call(call_recvfrom, fd, (i64)(buffer + received), (i64)size, flags, 0, 0);
    if (got == 0)
        quit(status_at_end);
    if (got < 0)
        quit(receive_failed);
    received += (u64)got;
}

// Receives until the message at the front of the buffer is whole.
static struct body read_message(i64 fd) {
    u64 at = 0;
    for (;;) {
        for (; at + 4 <= received; ++at) {
            if (buffer[at] != '\r' || buffer[at + 1] != '\n' || buffer[at + 2] != '\r' ||
                buffer[at + 3] != '\n')
                continue;
            const char* const value = header_value(buffer, buffer + at, "content-length");
            const struct body found = {at + 4, content_length(value)};
            if (found.begin + found.size > buffer_bytes)
                quit(message_too_large);
            while (received < found.begin + found.size)
                receive(fd, found.begin + found.size - received, msg_waitall, receive_failed);
            return found;
        }
        if (received == buffer_bytes)
            quit(message_too_large);
        receive(fd, buffer_bytes - received, 0, 0);
    }
}

static void forget(u64 size) {
    received -= size;
    for (u64 i = 0; i != received; ++i)
        buffer[i] = buffer[size + i];
}

static u64 make_post(const char* id, const char* host, u64 size) {
    u64 at = put(post_text, "POST " PATH);
    while (*id != '\r')
        post_text[at++] = *id++;
    at += put(post_text + at, "/response HTTP/1.1\r\nHost: ");
    at += put(post_text + at, host);
    at += put(post_text + at, "\r\nContent-Length: ");
    at += put_number(post_text + at, size);
    return at + put(post_text + at, "\r\n\r\n");
}

// Called by the entry point with what the kernel left on the stack: count and values of the
// arguments, a null, the environment, a null.
__attribute__((used)) _Noreturn void start(u64* stack);
__attribute__((used)) _Noreturn void start(u64* stack) {
    const int pipelined = stack[0] > 1;
    const char* const host =
        variable((char**)(stack + 1 + stack[0] + 1), "AWS_LAMBDA_RUNTIME_API=");
    if (host == 0)
        quit(no_address);
    const i64 fd = connect_to(host);
    get_size = put(get_text, "GET " PATH "next HTTP/1.1\r\nHost: ");
    get_size += put(get_text + get_size, host);
    get_size += put(get_text + get_size, "\r\n\r\n");
    struct part first[1] = {{get_text, get_size}};
    send_all(fd, first, 1);
    for (;;) {
        const struct body event = read_message(fd);
        const char* const id =
            header_value(buffer, buffer + event.begin, "lambda-runtime-aws-request-id");
        if (id == 0)
            quit(no_request_id);
        struct part answer[3] = {{post_text, make_post(id, host, event.size)},
                                 {buffer + event.begin, event.size},
                                 {get_text, get_size}};
        send_all(fd, answer, pipelined ? 3 : 2);
        forget(received);
        const struct body accepted = read_message(fd);
        forget(accepted.begin + accepted.size);
        if (!pipelined) {
            struct part next[1] = {{get_text, get_size}};
            send_all(fd, next, 1);
        }
    }
}
