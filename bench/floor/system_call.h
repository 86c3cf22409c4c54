// SPDX-License-Identifier: Apache-2.0
// What a program without libc needs of the machine: integers, the entry point, system calls, and a
// copy. x86-64 and aarch64 Linux.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int i32;
typedef unsigned long u64;
typedef long i64;

#if defined(__x86_64__)

enum {
    call_socket = 41,
    call_connect = 42,
    call_sendto = 44,
    call_recvfrom = 45,
    call_sendmsg = 46,
    call_setsockopt = 54,
    call_clock_gettime = 228,
    call_exit_group = 231,
    call_epoll_ctl = 233,
    call_epoll_create1 = 291,
    call_epoll_pwait2 = 441,
};

__asm__(".globl _start\n"
        "_start:\n"
        "    xor %ebp, %ebp\n"
        "    mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    call start\n");

static inline i64 system_call(i64 number, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f) {
    i64 result;
    register i64 r10 __asm__("r10") = d;
    register i64 r8 __asm__("r8") = e;
    register i64 r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline void copy_bytes(void* to, const void* from, u64 size) {
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

#elif defined(__aarch64__)

enum {
    call_socket = 198,
    call_connect = 203,
    call_sendto = 206,
    call_recvfrom = 207,
    call_sendmsg = 211,
    call_setsockopt = 208,
    call_exit_group = 94,
    call_clock_gettime = 113,
    call_epoll_create1 = 20,
    call_epoll_ctl = 21,
    call_epoll_pwait2 = 441,
};

__asm__(".globl _start\n"
        "_start:\n"
        "    mov x0, sp\n"
        "    and sp, x0, #-16\n"
        "    bl start\n");

static inline i64 system_call(i64 number, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f) {
    register i64 x8 __asm__("x8") = number;
    register i64 x0 __asm__("x0") = a;
    register i64 x1 __asm__("x1") = b;
    register i64 x2 __asm__("x2") = c;
    register i64 x3 __asm__("x3") = d;
    register i64 x4 __asm__("x4") = e;
    register i64 x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}

static inline void copy_bytes(void* to, const void* from, u64 size) {
    char* target = to;
    for (const char* source = from; size != 0; --size)
        *target++ = *source++;
}

#endif
