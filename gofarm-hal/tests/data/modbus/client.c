/* A libmodbus client that asks everything and checks every answer: `client tcp PORT`, or `client rtu`, whose line is
 * its standard input and output. It says what is wrong on standard error and fails. */
#include <errno.h>
#include <modbus/modbus.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CHECK(what) \
    do { \
        if (!(what)) { \
            fprintf(stderr, "line %d: %s: %s\n", __LINE__, #what, modbus_strerror(errno)); \
            return 1; \
        } \
    } while (0)

struct relay {
    int from, to;
};

static void *run_relay(void *argument) {
    struct relay *relay = argument;
    char bytes[256];
    ssize_t count;
    while ((count = read(relay->from, bytes, sizeof bytes)) > 0) {
        if (write(relay->to, bytes, (size_t)count) != count) {
            break;
        }
    }
    return NULL;
}

/* The near end of a pseudo-terminal whose far end is standard input and output. */
static modbus_t *serial(void) {
    static struct relay in, out;
    char name[128];
    int master, slave;
    struct termios raw;
    pthread_t thread;
    cfmakeraw(memset(&raw, 0, sizeof raw));
    cfsetspeed(&raw, B115200);
    if (openpty(&master, &slave, name, &raw, NULL) != 0) {
        return NULL;
    }
    in = (struct relay){STDIN_FILENO, master};
    out = (struct relay){master, STDOUT_FILENO};
    pthread_create(&thread, NULL, run_relay, &in);
    pthread_create(&thread, NULL, run_relay, &out);
    return modbus_new_rtu(name, 115200, 'N', 8, 1);
}

static int ask(modbus_t *modbus) {
    uint8_t bits[MODBUS_MAX_READ_BITS], some[20];
    uint16_t registers[MODBUS_MAX_READ_REGISTERS], values[MODBUS_MAX_WRITE_REGISTERS];

    /* Functions 5, 15 and 1. */
    CHECK(modbus_write_bit(modbus, 3, 1) == 1);
    for (int i = 0; i < 20; i++) {
        some[i] = (uint8_t)(i % 3 == 0);
    }
    CHECK(modbus_write_bits(modbus, 10, 20, some) == 20);
    CHECK(modbus_read_bits(modbus, 0, 2000, bits) == 2000);
    CHECK(bits[3] == 1 && bits[4] == 0);
    CHECK(memcmp(bits + 10, some, 20) == 0);
    CHECK(modbus_write_bit(modbus, 3, 0) == 1 && modbus_read_bits(modbus, 3, 1, bits) == 1 && bits[0] == 0);
    /* 2: every fifth is on. */
    CHECK(modbus_read_input_bits(modbus, 0, 100, bits) == 100);
    for (int i = 0; i < 100; i++) {
        CHECK(bits[i] == (i % 5 == 0));
    }
    /* 4: three times the address. */
    CHECK(modbus_read_input_registers(modbus, 7, 30, registers) == 30);
    for (int i = 0; i < 30; i++) {
        CHECK(registers[i] == (7 + i) * 3);
    }
    /* 6, 16 and 3, up to the largest frames. */
    CHECK(modbus_write_register(modbus, 5, 0xBEEF) == 1);
    CHECK(modbus_read_registers(modbus, 5, 1, registers) == 1 && registers[0] == 0xBEEF);
    for (int i = 0; i < MODBUS_MAX_WRITE_REGISTERS; i++) {
        values[i] = (uint16_t)(i * 521);
    }
    CHECK(modbus_write_registers(modbus, 0, 123, values) == 123);
    CHECK(modbus_read_registers(modbus, 0, 125, registers) == 125);
    CHECK(memcmp(registers, values, 123 * 2) == 0);
    /* 22: the example of the specification. */
    CHECK(modbus_write_register(modbus, 4, 0x12) == 1);
    CHECK(modbus_mask_write_register(modbus, 4, 0xF2, 0x25) == 1);
    CHECK(modbus_read_registers(modbus, 4, 1, registers) == 1 && registers[0] == 0x17);
    /* 23: it writes before it reads. */
    CHECK(modbus_write_and_read_registers(modbus, 20, 121, values, 19, 125, registers) == 125);
    CHECK(memcmp(registers + 1, values, 121 * 2) == 0);

    /* Refused: addresses that are not there, and a function that is not. */
    CHECK(modbus_read_registers(modbus, 199, 2, registers) == -1 && errno == EMBXILADD);
    CHECK(modbus_write_registers(modbus, 199, 2, values) == -1 && errno == EMBXILADD);
    CHECK(modbus_write_bit(modbus, 2000, 1) == -1 && errno == EMBXILADD);
    CHECK(modbus_mask_write_register(modbus, 200, 0, 0) == -1 && errno == EMBXILADD);
    CHECK(modbus_report_slave_id(modbus, 20, bits) == -1 && errno == EMBXILFUN);
    CHECK(modbus_read_registers(modbus, 0, 1, registers) == 1);
    /* Refused: a quantity that libmodbus itself would not send. */
    uint8_t raw[] = {17, 3, 0, 0, 0, 126}, answer[MODBUS_MAX_ADU_LENGTH];
    CHECK(modbus_send_raw_request(modbus, raw, sizeof raw) > 0);
    int head = modbus_get_header_length(modbus);
    CHECK(modbus_receive_confirmation(modbus, answer) > 0 && answer[head] == 0x83 && answer[head + 1] == 3);
    /* The server goes on. */
    CHECK(modbus_read_registers(modbus, 0, 1, registers) == 1 && registers[0] == values[0]);
    return 0;
}

int main(int count, char **arguments) {
    modbus_t *modbus = count == 3 ? modbus_new_tcp("127.0.0.1", atoi(arguments[2])) : serial();
    CHECK(modbus != NULL);
    modbus_set_slave(modbus, 17);
    modbus_set_response_timeout(modbus, 5, 0);
    CHECK(modbus_connect(modbus) == 0);
    return ask(modbus);
}
