//! A Modbus RTU server, unit 17 on UART 1, beside a task that counts seconds; with a full set of tables.

#![no_std]
#![no_main]

use core::cell::RefCell;

use embassy_executor::Spawner;
use embassy_time::{Duration, Ticker, Timer};
use gofarm_core::device::Progress;
use gofarm_firmware::board::uart::Uart;
use gofarm_firmware::board::{clock, log};
use gofarm_hal::modbus::{BlockStore, RtuServer, RtuServerConfig, Unit};
use static_cell::ConstStaticCell;

/// Coils, discrete inputs, holding and input registers; the last input register counts seconds.
type Tables = BlockStore<2_000, 100, 200, 100>;

static TABLES: ConstStaticCell<RefCell<Tables>> = ConstStaticCell::new(RefCell::new(Tables::new()));

#[embassy_executor::task]
async fn count_seconds(tables: &'static RefCell<Tables>) {
    let mut ticker = Ticker::every(Duration::from_secs(1));
    loop {
        ticker.next().await;
        let mut tables = tables.borrow_mut();
        if let Some(seconds) = tables.input_registers.values_mut().last_mut() {
            *seconds = seconds.wrapping_add(1);
        }
    }
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let mut core = cortex_m::Peripherals::take().expect("taken once");
    clock::start(core.SYST);
    let line = Uart::start(1, &mut core.NVIC);
    let tables: &'static RefCell<Tables> = TABLES.take();
    for (at, input) in (0u16..).zip(tables.borrow_mut().discrete_inputs.values_mut()) {
        *input = at % 5 == 0;
    }
    for (at, register) in (0u16..).zip(tables.borrow_mut().input_registers.values_mut()) {
        *register = at * 3;
    }
    if let Ok(task) = count_seconds(tables) {
        spawner.spawn(task);
    }
    let mut server = RtuServer::new(line, RtuServerConfig::new(Unit(17), 19_200));
    log(&["serving"]);
    loop {
        let progress = server.poll(clock::now(), &mut *tables.borrow_mut());
        if let Progress::WouldBlock(until) = progress {
            Timer::at(embassy_time::Instant::from_micros(until.as_micros())).await;
        }
    }
}
