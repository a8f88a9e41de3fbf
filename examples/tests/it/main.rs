//! The examples against published figures.

mod data;
mod published_et0;
