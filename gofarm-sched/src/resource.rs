//! What a node has and work asks for: processors, memory, accelerators.
