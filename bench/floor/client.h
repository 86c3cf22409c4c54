// SPDX-License-Identifier: Apache-2.0
// What both floors do alike: where the Runtime API is, a connection to it, and the text of
// messages. They are yardsticks and no clients: they believe what the benchmark's server sends.
#pragma once

#include "system_call.h"

#define PATH "/2018-06-01/runtime/invocation/"

// Exit statuses, one for each thing that is not as it believes.
enum {
    no_address = 2,
    send_failed = 3,
    message_too_large = 4,
    receive_failed = 5,
    no_request_id = 7,
};

struct socket_address { // struct sockaddr_in
    u16 family;
    u8 port[2];
    u8 address[4];
    u8 zero[8];
};

_Noreturn static void quit(i64 status) {
    for (;;)
        system_call(call_exit_group, status, 0, 0, 0, 0, 0);
}

// The compiler may call these by itself.
void* memcpy(void* to, const void* from, u64 size);
void* memcpy(void* to, const void* from, u64 size) {
    copy_bytes(to, from, size);
    return to;
}
void* memset(void* to, int value, u64 size);
void* memset(void* to, int value, u64 size) {
    for (volatile char* at = to; size != 0; --size)
        *at++ = (char)value;
    return to;
}

static u64 put(char* to, const char* text) {
    u64 size = 0;
    for (; text[size] != 0; ++size)
        to[size] = text[size];
    return size;
}

static inline u64 put_number(char* to, u64 number) {
    char digits[20];
    u64 count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    for (u64 i = 0; i != count; ++i)
        to[i] = digits[count - 1 - i];
    return count;
}

// The value of a header given by its name in lower case; null where it is not there.
static const char* header_value(const char* at, const char* end, const char* name) {
    for (; at != end; ++at) {
        if (*at != '\n')
            continue;
        const char* text = at + 1;
        const char* wanted = name;
        while (text != end && *wanted != 0 && (*text | 32) == *wanted) {
            ++text;
            ++wanted;
        }
        if (*wanted != 0 || text == end || *text != ':')
            continue;
        for (++text; *text == ' ';)
            ++text;
        return text;
    }
    return 0;
}

static u64 content_length(const char* value) {
    u64 size = 0;
    for (; value != 0 && *value >= '0' && *value <= '9'; ++value)
        size = size * 10 + (u64)(*value - '0');
    return size;
}

// The value of the variable `name`, which ends with '='; null where it is not set.
static const char* variable(char** environment, const char* name) {
    for (; *environment != 0; ++environment) {
        const char* text = *environment;
        const char* wanted = name;
        while (*wanted != 0 && *text == *wanted) {
            ++text;
            ++wanted;
        }
        if (*wanted == 0)
            return text;
    }
    return 0;
}

static i64 connect_to(const char* host) {
    struct socket_address address = {2, {0, 0}, {0, 0, 0, 0}, {0}};
    u64 byte = 0;
    for (; *host != 0 && *host != ':'; ++host) {
        if (*host == '.')
            ++byte;
        else if (byte < 4)
            address.address[byte] = (u8)(address.address[byte] * 10 + (*host - '0'));
    }
    const u64 port = *host == ':' ? content_length(host + 1) : 0;
    address.port[0] = (u8)(port >> 8);
    address.port[1] = (u8)port;
    const i64 fd = system_call(call_socket, 2, 1, 0, 0, 0, 0);
    if (system_call(call_connect, fd, (i64)&address, sizeof address, 0, 0, 0) < 0)
        quit(no_address);
    const i32 on = 1;
    system_call(call_setsockopt, fd, 6 /* TCP */, 1 /* TCP_NODELAY */, (i64)&on, sizeof on, 0);
    return fd;
}
