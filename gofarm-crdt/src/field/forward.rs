//! The fields that wrap another: a macro, since a method of a trait cannot be handed on otherwise.

/// Implements [`Field`](crate::field::Field) for a struct by the one in its field `cells`.
macro_rules! forward_field {
    (impl [$($generics:tt)*] for $type:ty) => {
        impl<$($generics)*> $crate::field::Field for $type {
            fn kind(&self) -> $crate::cell::CellKind {
                $crate::field::Field::kind(&self.cells)
            }

            fn cells(&self) -> u32 {
                $crate::field::Field::cells(&self.cells)
            }

            fn find(&self, key: &[u8]) -> Option<u32> {
                $crate::field::Field::find(&self.cells, key)
            }

            fn key(&self, cell: u32, out: &mut dyn $crate::value::Sink) {
                $crate::field::Field::key(&self.cells, cell, out);
            }

            fn write(&self, cell: u32, out: &mut dyn $crate::cell::CellWriter) {
                $crate::field::Field::write(&self.cells, cell, out);
            }

            fn dots(&self, cell: u32, each: &mut dyn FnMut($crate::dot::Dot) -> bool) -> bool {
                $crate::field::Field::dots(&self.cells, cell, each)
            }

            fn is_present(&self, cell: u32) -> bool {
                $crate::field::Field::is_present(&self.cells, cell)
            }

            fn has_remains(&self, cell: u32) -> bool {
                $crate::field::Field::has_remains(&self.cells, cell)
            }

            fn join(
                &mut self,
                key: &[u8],
                content: &$crate::cell::Content<'_>,
            ) -> Result<$crate::field::Joined, $crate::field::JoinError> {
                $crate::field::Field::join(&mut self.cells, key, content)
            }

            fn erase(&mut self, cell: u32) {
                $crate::field::Field::erase(&mut self.cells, cell);
            }

            fn settle(&mut self, cell: u32, stable: &dyn Fn($crate::dot::Dot) -> bool) -> bool {
                $crate::field::Field::settle(&mut self.cells, cell, stable)
            }
        }
    };
}

pub(crate) use forward_field;
