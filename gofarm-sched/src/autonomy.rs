//! What keeps running when a site is cut off.
