//! What a node is: its resources, where it stands, how it is.
