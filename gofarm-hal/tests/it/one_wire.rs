//! 1-Wire: the master against devices that are modelled bit by bit, from the datasheets alone.

mod devices;
mod searching;
mod thermometer;
