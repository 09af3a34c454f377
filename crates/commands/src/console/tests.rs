use super::*;

#[test]
fn errors_of_files_are_said_in_words() {
    assert_eq!(io_words(&io::Error::from_raw_os_error(2)), "no such file or directory");
    assert_eq!(io_words(&io::Error::other("Odd")), "odd");
}

#[test]
fn paint_is_only_on_words_and_only_when_wanted() {
    assert_eq!(Paint::Plain.mark(Mark::Failed).to_string(), "FAILED");
    assert_eq!(Paint::Ansi.mark(Mark::Failed).to_string(), "\x1b[1;31mFAILED\x1b[0m");
    assert_eq!(Paint::of(false), Paint::Plain);
}

#[test]
fn the_worst_verdict_is_the_greatest() {
    assert!(Verdict::Good < Verdict::Lint && Verdict::Lint < Verdict::Bad);
    assert!(Verdict::Bad < Verdict::Unusable);
}
