//! Where an inference job goes: model, driver, and memory that is not in crumbs.
