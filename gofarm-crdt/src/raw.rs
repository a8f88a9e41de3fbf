//! stub
use crate::cell::*;
use crate::dot::Dot;
use crate::field::*;
use crate::value::Sink;
#[derive(Debug)]
pub struct RawField(CellKind);
impl RawField {
    pub fn new(kind: CellKind) -> Self {
        Self(kind)
    }
}
impl Field for RawField {
    fn kind(&self) -> CellKind {
        self.0
    }
    fn cells(&self) -> u32 {
        0
    }
    fn find(&self, _: &[u8]) -> Option<u32> {
        None
    }
    fn key(&self, _: u32, _: &mut dyn Sink) {}
    fn write(&self, _: u32, _: &mut dyn CellWriter) {}
    fn dots(&self, _: u32, _: &mut dyn FnMut(Dot) -> bool) -> bool {
        true
    }
    fn is_present(&self, _: u32) -> bool {
        false
    }
    fn join(&mut self, _: &[u8], _: &Content<'_>) -> Result<Joined, JoinError> {
        unimplemented!()
    }
    fn erase(&mut self, _: u32) {}
    fn settle(&mut self, _: u32, _: &dyn Fn(Dot) -> bool) -> bool {
        true
    }
}
