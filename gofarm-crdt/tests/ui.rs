//! What does not compile, and what the compiler says then.
#![cfg(feature = "derive")]

#[test]
fn mistakes_are_shown_at_their_token_with_what_to_write() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/*.rs");
}
