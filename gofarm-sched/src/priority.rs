//! Classes of priority, and who has to make room.
