"""A pymodbus server on a port of this machine: `server.py PORT socket|rtu`.

Coils and holding registers hold what is written, every fifth discrete input is on, an input register holds three times
its address. A read of holding register 50000 + n is refused with exception n.
"""

import asyncio
import logging
import sys

from pymodbus import FramerType
from pymodbus.pdu import ExceptionResponse
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

REFUSED = 50000
asked = None


def trace(sending, pdu):
    global asked
    if not sending:
        asked = pdu
        return pdu
    if asked.function_code == 3 and asked.address > REFUSED:
        refusal = ExceptionResponse(asked.function_code, asked.address - REFUSED)
        refusal.dev_id, refusal.transaction_id = pdu.dev_id, pdu.transaction_id
        return refusal
    return pdu


def device(unit):
    coils = [SimData(0, values=[False] * 2000, datatype=DataType.BITS)]
    inputs = [SimData(0, values=[at % 5 == 0 for at in range(2000)], datatype=DataType.BITS)]
    holding = [SimData(0, values=[0] * 200, datatype=DataType.REGISTERS)]
    measured = [SimData(0, values=[at * 3 for at in range(200)], datatype=DataType.REGISTERS)]
    return SimDevice(unit, simdata=(coils, inputs, holding, measured))


async def main():
    port, framer = int(sys.argv[1]), FramerType(sys.argv[2])
    server = ModbusTcpServer([device(7), device(8)], framer=framer, address=("127.0.0.1", port), trace_pdu=trace)
    await server.serve_forever(background=True)
    print("listening", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until whoever started it is gone
    await server.shutdown()


logging.disable(logging.CRITICAL)
asyncio.run(main())
