//! What a node has and work asks for: processors, memory, accelerators.
//!
//! Loads rank nodes; resources are what a node can run out of. Processors are counted in thousandths and memory in
//! bytes. Accelerators are counted one by one, because half of one device and half of another are not a device: a
//! request takes whole devices, or a part of exactly one (as in the openb trace of Alibaba and Kubernetes' GPU
//! sharing).

mod amount;
mod binary_size;
mod devices;
mod driver;

pub use amount::{Ask, Resources, Share, Shortage};
pub use devices::{DeviceSet, Devices};
pub use driver::{DriverMismatch, DriverRange, DriverVersion, DriverVersionError};
