// SPDX-License-Identifier: Apache-2.0
// The floor of many workers: what AWS_LAMBDA_MAX_CONCURRENCY connections cost on one epoll, with
// nothing around them. Arguments: `echo` or `sleep`, which waits 5 ms before it echoes; then
// `pipelined`, which sends POST and the next GET in one write. A readiness is one receive and one
// send; the waits are shared by all that became ready meanwhile.

#include "client.h"

enum {
    workers_max = 1024,
    buffer_bytes = 4096, // for each: yardsticks get small events
    epoll_in = 1,
    epoll_add = 1,
    msg_dontwait = 0x40,
    msg_nosignal = 0x4000,
    ready_max = 256,
    sleep_ns = 5 * 1000 * 1000,
};

struct ready {
    u32 events;
    u64 worker;
}
#if defined(__x86_64__)
__attribute__((packed))
#endif
;

struct timespec {
    i64 seconds;
    i64 nanoseconds;
};

struct worker {
    i64 fd;
    u64 received;
    i64 due; // for the one that sleeps
    char buffer[buffer_bytes];
};

static struct worker workers[workers_max];
static char get_text[256];
static u64 get_size;
// All sleep equally long, so they wake in the order in which they fell asleep.
static u32 sleepers[workers_max];
static u64 first_sleeper;
static u64 sleeper_count;

static i64 now_ns(void) {
    struct timespec now;
    system_call(call_clock_gettime, 1 /* CLOCK_MONOTONIC */, (i64)&now, 0, 0, 0, 0);
    return now.seconds * 1000000000 + now.nanoseconds;
}

static void send_all(i64 fd, const char* bytes, u64 size) {
    if (system_call(call_sendto, fd, (i64)bytes, (i64)size, msg_nosignal, 0, 0) != (i64)size)
        quit(send_failed); // a blocking socket takes this little at once
}

// Where the message at the front ends; 0 where it is not whole. Its body begins at `body`.
static u64 message_end(const struct worker* of, u64* body) {
    const char* const text = of->buffer;
    for (u64 at = 0; at + 4 <= of->received; ++at) {
        if (text[at] != '\r' || text[at + 1] != '\n' || text[at + 2] != '\r' ||
            text[at + 3] != '\n')
            continue;
        *body = at + 4;
        const u64 end = *body + content_length(header_value(text, text + at + 4, "content-length"));
        if (end > buffer_bytes)
            quit(message_too_large);
        return end <= of->received ? end : 0;
    }
    return 0;
}

static void forget(struct worker* of, u64 size) {
    of->received -= size;
    for (u64 i = 0; i != of->received; ++i)
        of->buffer[i] = of->buffer[size + i];
}

// Answers the event at the front, which is whole.
static void answer(struct worker* of, const char* host, int pipelined) {
    static char text[2 * buffer_bytes];
    u64 body = 0;
    const u64 end = message_end(of, &body);
    const char* id = header_value(of->buffer, of->buffer + body, "lambda-runtime-aws-request-id");
    if (id == 0)
        quit(no_request_id);
    u64 at = put(text, "POST " PATH);
    while (*id != '\r')
        text[at++] = *id++;
    at += put(text + at, "/response HTTP/1.1\r\nHost: ");
    at += put(text + at, host);
    at += put(text + at, "\r\nContent-Length: ");
    at += put_number(text + at, end - body);
    at += put(text + at, "\r\n\r\n");
    copy_bytes(text + at, of->buffer + body, end - body);
    at += end - body;
    if (pipelined) {
        copy_bytes(text + at, get_text, get_size);
        at += get_size;
    }
    send_all(of->fd, text, at);
    forget(of, end);
}

// Called by the entry point with what the kernel left on the stack: count and values of the
// arguments, a null, the environment, a null.
__attribute__((used)) _Noreturn void start(u64* stack);
__attribute__((used)) _Noreturn void start(u64* stack) {
    char** const arguments = (char**)(stack + 1);
    char** const environment = arguments + stack[0] + 1;
    const char* const host = variable(environment, "AWS_LAMBDA_RUNTIME_API=");
    if (host == 0)
        quit(no_address);
    const int sleeps = stack[0] > 1 && arguments[1][0] == 's';
    const int pipelined = stack[0] > 2;
    u64 count = content_length(variable(environment, "AWS_LAMBDA_MAX_CONCURRENCY="));
    count = count == 0 ? 1 : count > workers_max ? workers_max : count;

    get_size = put(get_text, "GET " PATH "next HTTP/1.1\r\nHost: ");
    get_size += put(get_text + get_size, host);
    get_size += put(get_text + get_size, "\r\n\r\n");
    const i64 epoll = system_call(call_epoll_create1, 0, 0, 0, 0, 0, 0);
    for (u64 i = 0; i != count; ++i) {
        workers[i].fd = connect_to(host);
        struct ready interest = {epoll_in, i};
        system_call(call_epoll_ctl, epoll, epoll_add, workers[i].fd, (i64)&interest, 0, 0);
        send_all(workers[i].fd, get_text, get_size);
    }
    for (;;) {
        static struct ready ready[ready_max];
        struct timespec limit = {0, 0};
        if (sleeper_count != 0) {
            const i64 left = workers[sleepers[first_sleeper]].due - now_ns();
            limit.nanoseconds = left > 0 ? left : 0;
        }
        const i64 got = system_call(call_epoll_pwait2, epoll, (i64)ready, ready_max,
                                    sleeper_count != 0 ? (i64)&limit : 0, 0, 0);
        const i64 now = sleeps ? now_ns() : 0;
        for (i64 i = 0; i < got; ++i) {
            struct worker* const who = &workers[ready[i].worker];
            const i64 size = system_call(call_recvfrom, who->fd, (i64)(who->buffer + who->received),
                                         (i64)(buffer_bytes - who->received), msg_dontwait, 0, 0);
            if (size == 0)
                quit(0);
            if (size < 0)
                quit(receive_failed);
            who->received += (u64)size;
            // The answer to a POST has no request id, an event has one.
            u64 body = 0;
            for (u64 end; (end = message_end(who, &body)) != 0;) {
                if (header_value(who->buffer, who->buffer + body,
                                 "lambda-runtime-aws-request-id") == 0) {
                    forget(who, end);
                    if (!pipelined)
                        send_all(who->fd, get_text, get_size);
                } else if (sleeps) {
                    who->due = now + sleep_ns;
                    sleepers[(first_sleeper + sleeper_count++) % workers_max] =
                        (u32)ready[i].worker;
                    break;
                } else {
                    answer(who, host, pipelined);
                }
            }
        }
        for (; sleeper_count != 0 && workers[sleepers[first_sleeper]].due <= now; --sleeper_count) {
            answer(&workers[sleepers[first_sleeper]], host, pipelined);
            first_sleeper = (first_sleeper + 1) % workers_max;
        }
    }
}
