//! [`Metered`]: a radio that remembers what it was told to send.

use core::time::Duration;

use lorawan_device::Timings;
use lorawan_device::nb_device::radio::{Event, PhyRxTx, Response};

use crate::lorawan::DataRate;

/// A radio, and the carrier and air time of its last transmission.
#[derive(Debug)]
pub struct Metered<R> {
    radio: R,
    sent: Option<(u32, Duration)>,
}

impl<R> Metered<R> {
    pub(super) const fn new(radio: R) -> Self {
        Self { radio, sent: None }
    }

    /// The radio itself.
    pub const fn radio(&mut self) -> &mut R {
        &mut self.radio
    }

    /// Carrier in Hz and air time of the last transmission, once.
    pub(super) const fn take_transmission(&mut self) -> Option<(u32, Duration)> {
        self.sent.take()
    }
}

impl<R: PhyRxTx> PhyRxTx for Metered<R> {
    type PhyEvent = R::PhyEvent;
    type PhyError = R::PhyError;
    type PhyResponse = R::PhyResponse;

    const ANTENNA_GAIN: i8 = R::ANTENNA_GAIN;
    const MAX_RADIO_POWER: u8 = R::MAX_RADIO_POWER;

    fn get_mut_radio(&mut self) -> &mut Self {
        self
    }

    fn get_received_packet(&mut self) -> &mut [u8] {
        self.radio.get_received_packet()
    }

    fn handle_event(&mut self, event: Event<'_, Self>) -> Result<Response<Self>, R::PhyError> {
        let mut sent = None;
        let event = match event {
            Event::TxRequest(config, frame) => {
                let modulation = config.rf.bb;
                let factor = u8::try_from(modulation.sf.factor()).unwrap_or(12);
                let bandwidth = u16::try_from(modulation.bw.hz() / 1_000).unwrap_or(125);
                let rate = DataRate::lora(factor, bandwidth.max(1));
                sent = Some((config.rf.frequency, rate.air_time(frame.len())));
                Event::TxRequest(config, frame)
            }
            Event::RxRequest(config) => Event::RxRequest(config),
            Event::CancelRx => Event::CancelRx,
            Event::Phy(event) => Event::Phy(event),
        };
        let response = self.radio.handle_event(event)?;
        // A radio that failed at the request has sent nothing.
        self.sent = sent.or(self.sent);
        Ok(match response {
            Response::Idle => Response::Idle,
            Response::Txing => Response::Txing,
            Response::Rxing => Response::Rxing,
            Response::TxDone(at) => Response::TxDone(at),
            Response::RxDone(quality) => Response::RxDone(quality),
            Response::Phy(response) => Response::Phy(response),
        })
    }
}

impl<R: Timings> Timings for Metered<R> {
    fn get_rx_window_offset_ms(&self) -> i32 {
        self.radio.get_rx_window_offset_ms()
    }

    fn get_rx_window_duration_ms(&self) -> u32 {
        self.radio.get_rx_window_duration_ms()
    }
}
