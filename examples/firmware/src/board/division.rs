//! Division of 64 bits in 0.1 KB instead of 0.9 KB; the core divides 32 bits by itself.
//!
//! One bit of the quotient after the other, from the first that can be 1: microseconds take some 20 rounds of 12
//! cycles to become seconds.

use core::arch::global_asm;

// RTABI32, 4.3.1: r1:r0 / r3:r2 gives the quotient in r1:r0 and the remainder in r3:r2. Nobody divides by zero: the
// language looks before it calls.
global_asm!(
    ".syntax unified",
    ".section .text.gofarm_division, \"ax\", %progbits",
    ".global __aeabi_uldivmod",
    ".type __aeabi_uldivmod, %function",
    ".p2align 1",
    ".thumb_func",
    "__aeabi_uldivmod:",
    "push {{r4, r5, r6, r7, lr}}",
    // By how much the divisor can be moved up until its first bit is where the dividend's is.
    "clz r4, r3",
    "cmp r3, #0",
    "itt eq",
    "clzeq r4, r2",
    "addeq r4, #32",
    "clz r5, r1",
    "cmp r1, #0",
    "itt eq",
    "clzeq r5, r0",
    "addeq r5, #32",
    "movs r6, #0",
    "movs r7, #0",
    "subs r4, r4, r5",
    "blo 3f", // it is greater than the dividend
    "subs r5, r4, #32",
    "ittt hs",
    "lslhs r3, r2, r5",
    "movhs r2, #0",
    "bhs 1f",
    "rsb r12, r4, #32",
    "lsls r3, r4",
    "lsr r12, r2, r12",
    "orr r3, r3, r12",
    "lsls r2, r4",
    // The quotient in r7:r6, the rest in r1:r0.
    "1: adds r6, r6, r6",
    "adc r7, r7, r7",
    "subs r5, r0, r2",
    "sbcs r12, r1, r3",
    "ittt hs",
    "movhs r0, r5",
    "movhs r1, r12",
    "addhs r6, #1",
    "lsrs r3, r3, #1",
    "rrx r2, r2",
    "subs r4, #1",
    "bhs 1b",
    "3: mov r2, r0",
    "mov r3, r1",
    "mov r0, r6",
    "mov r1, r7",
    "pop {{r4, r5, r6, r7, pc}}",
    ".text",
);
