//! Zones and hosts, and how far work is spread over them.
