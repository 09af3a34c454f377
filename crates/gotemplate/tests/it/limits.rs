//! Templates that would never end, fill the memory or overflow the stack end with an error instead.

use crate::notification;
use gotemplate::notifications::Data;
use gotemplate::{ErrorKind, Output, Templates};

fn refused(template: &str, expected: &str) {
    let error = notification::render(template, &Data::default(), Output::Text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    assert!(error.to_string().contains(expected), "{error}");
}

/// Text that doubles `$x` so many times.
fn doubled(times: usize, action: &str) -> String {
    format!("{{{{ $x := \"a\" }}}}{}{{{{ $x }}}}", format!("{{{{ $x = {action} }}}}").repeat(times))
}

#[test]
fn templates_that_call_themselves_end() {
    refused("{{ define \"t\" }}{{ template \"t\" . }}{{ end }}{{ template \"t\" . }}", "200 deep");
    let nested = "{{ define \"t\" }}{{ if true }}{{ with 1 }}{{ range list 1 }}\
                  {{ template \"t\" (print (print (print .))) }}{{ end }}{{ end }}{{ end }}{{ end }}\
                  {{ template \"t\" . }}";
    refused(nested, "200 deep");
}

#[test]
fn texts_and_lists_stay_small() {
    refused(&doubled(40, "print $x $x"), "result is longer than 65536 bytes");
    refused(&doubled(40, "list $x $x"), "nested more than 32 deep");
    refused(&doubled(30, "dict \"a\" $x \"b\" $x"), "output is longer than 65536 bytes");
    refused(&doubled(30, "list $x $x | toJson"), "result is longer than 65536 bytes");
    refused("{{ printf \"%99999d\" 1 }}", "result is longer than 65536 bytes");
    refused("{{ range 70000 }}x{{ end }}", "output is longer than 65536 bytes");
    refused("{{ range 900000000 }}{{ end }}", "takes more than 1000000 steps");
    let append = "{{ $l := list }}{{ range 9000 }}{{ $l = append $l . }}{{ end }}";
    refused(append, "takes more than 1000000 steps");
}

#[test]
fn texts_of_templates_are_bounded() {
    let mut templates = Templates::new(&[]);
    let open = "{{if true}}".repeat(65) + &"{{end}}".repeat(65);
    let error = templates.add("t", &open).unwrap_err();
    assert_eq!(error.to_string(), "template: t:1: nested more than 64 deep");
    let parens = format!("{{{{ {}1{} }}}}", "(".repeat(65), ")".repeat(65));
    assert!(templates.add("t", &parens).unwrap_err().to_string().contains("nested more than 64"));
    let error = templates.add("t", &"x".repeat((1 << 20) + 1)).unwrap_err();
    assert_eq!(error.to_string(), "template: t: 1048577 bytes long, at most 1048576");
    assert_eq!(error.kind(), ErrorKind::Limit);
    let chain = format!("{{{{if false}}}}{}{{{{end}}}}", "{{else if false}}".repeat(500));
    assert_eq!(templates.add("t", &chain), Ok(()), "a chain is not nested");
}
