//! An open connection: packets in, packets out.

use alloc::boxed::Box;
use alloc::string::ToString;

use bytes::BytesMut;
use rumqttc::v5::mqttbytes::v5::RetainForwardRule;
use rumqttc::v5::mqttbytes::v5::{Connect, ConnectProperties, Filter, Login, Packet, Subscribe};
use rumqttc::v5::mqttbytes::{Error, QoS};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::config::Config;
use super::fault::Fault;

/// The broker gives up a client that was silent for 1.5 times this, in seconds; the link pings far more often.
const KEEP_ALIVE: u16 = 120;
/// How many bytes may wait for the socket before no more frames are taken.
const FULL: usize = 65_536;
/// How many bytes one read takes at most.
const READ: usize = 16_384;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection to a broker.
pub(super) struct Wire {
    reader: ReadHalf<Box<dyn Stream>>,
    writer: WriteHalf<Box<dyn Stream>>,
    input: BytesMut,
    output: BytesMut,
    /// All that was written has left the layer of TLS.
    is_flushed: bool,
    max_packet: u32,
}

impl Wire {
    /// Opens TCP and, if configured, TLS.
    pub(super) async fn open(config: Config) -> Result<Self, Fault> {
        let tcp = TcpStream::connect((config.host(), config.port())).await?;
        tcp.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match config.tls() {
            None => Box::new(tcp),
            Some(tls) => {
                let name = ServerName::try_from(config.host().to_string());
                let name = name.map_err(|_| Fault::Certificate)?;
                Box::new(tls.connector().connect(name, tcp).await?)
            }
        };
        let (reader, writer) = tokio::io::split(stream);
        Ok(Self {
            reader,
            writer,
            input: BytesMut::new(),
            output: BytesMut::new(),
            is_flushed: true,
            max_packet: config.max_packet(),
        })
    }

    /// Whether no more frames should be put for now.
    pub(super) fn is_full(&self) -> bool {
        self.output.len() >= FULL
    }

    /// Has a packet written by the next [`next`](Self::next) or [`finish`](Self::finish); returns its size.
    pub(super) fn put(&mut self, packet: &Packet) -> Result<usize, Fault> {
        packet
            .write(&mut self.output, None)
            .map_err(|_| Fault::Protocol)
    }

    /// Introduces this client.
    pub(super) fn put_connect(&mut self, config: &Config) -> Result<usize, Fault> {
        let properties = ConnectProperties {
            max_packet_size: Some(config.max_packet()),
            topic_alias_max: None,
            ..ConnectProperties::new()
        };
        let connect = Connect {
            keep_alive: KEEP_ALIVE,
            client_id: config.topics().replica().to_string(),
            clean_start: true,
            properties: Some(properties),
        };
        let login = config.login();
        let login = login.map(|(name, password)| Login::new(name, password));
        self.put(&Packet::Connect(connect, None, login))
    }

    /// Asks for the frames to this replica, and for no retained ones.
    pub(super) fn put_subscribe(&mut self, config: &Config) -> Result<usize, Fault> {
        let mut filter = Filter::new(config.topics().filter(), QoS::AtMostOnce);
        filter.retain_forward_rule = RetainForwardRule::Never;
        let mut subscribe = Subscribe::new(filter, None);
        subscribe.pkid = 1;
        self.put(&Packet::Subscribe(subscribe))
    }

    /// The next packet that has arrived completely.
    pub(super) fn arrived(&mut self) -> Option<Result<Packet, Fault>> {
        match Packet::read(&mut self.input, Some(self.max_packet)) {
            Ok(packet) => Some(Ok(packet)),
            Err(Error::InsufficientBytes(_)) => None,
            Err(_) => Some(Err(Fault::Protocol)),
        }
    }

    /// Writes what waits until a packet has arrived, or there is room for frames again. Dropping the future loses
    /// nothing.
    pub(super) async fn next(&mut self) -> Result<Option<Packet>, Fault> {
        let was_full = self.is_full();
        loop {
            if let Some(packet) = self.arrived() {
                return packet.map(Some);
            }
            if was_full && !self.is_full() {
                return Ok(None);
            }
            // Otherwise it reads 64 bytes at a time.
            self.input.reserve(READ);
            let is_clean = self.output.is_empty() && self.is_flushed;
            tokio::select! {
                read = self.reader.read_buf(&mut self.input) => {
                    if read? == 0 {
                        return Err(Fault::Closed);
                    }
                }
                written = write(&mut self.writer, &mut self.output, &mut self.is_flushed), if !is_clean => {
                    written?;
                }
            }
        }
    }

    /// Writes what waits, and ends.
    pub(super) async fn finish(mut self) -> Result<(), Fault> {
        while !self.output.is_empty() || !self.is_flushed {
            write(&mut self.writer, &mut self.output, &mut self.is_flushed).await?;
        }
        self.writer.shutdown().await?;
        Ok(())
    }
}

/// One step of writing; dropping the future loses nothing.
async fn write(
    writer: &mut WriteHalf<Box<dyn Stream>>,
    output: &mut BytesMut,
    is_flushed: &mut bool,
) -> Result<(), Fault> {
    if output.is_empty() {
        writer.flush().await?;
        *is_flushed = true;
    } else {
        *is_flushed = false;
        if writer.write_buf(output).await? == 0 {
            return Err(Fault::Closed);
        }
    }
    Ok(())
}
