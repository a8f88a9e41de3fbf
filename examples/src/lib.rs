//! The examples of the GoFarm crates, as a library, so that they can be tested.
//!

//! - [`et0`], [`crop`], [`soil_water`], [`weather`]: the field that it plays, after FAO-56.

pub mod crop;
pub mod et0;
pub mod soil_water;
pub mod weather;
