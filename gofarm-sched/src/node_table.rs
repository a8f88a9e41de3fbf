//! Nodes and their loads as a structure of arrays: the least loaded in a few nanoseconds.
