//! Replays the fuzz corpus and thousands of mutants of it.

use gotemplate::fuzzing;
use testkit::fuzz::Replay;

/// Pieces that turn one template into another.
const PIECES: &[&[u8]] = &[
    b"{{",
    b"}}",
    b"{{- ",
    b" -}}",
    b"|",
    b"(",
    b")",
    b"$x",
    b" := ",
    b" = ",
    b",",
    b".",
    b"\"",
    b"`",
    b"'",
    b"{{end}}",
    b"{{else}}",
    b"{{else if .}}",
    b"{{if .Alerts}}",
    b"{{with .Status}}",
    b"{{range .Alerts}}",
    b"{{range $i, $x := .Alerts}}",
    b"{{break}}",
    b"{{continue}}",
    b"{{template \"\" .}}",
    b"{{define \"t\"}}",
    b"{{block \"t\" .}}",
    b"{{/* c */}}",
    b" nil ",
    b"printf \"%[2]*.[1]*f|%x|%+q\" 1.5 7 ",
    b" 1e308 ",
    b" 0x1p-2 ",
    b" '\\n' ",
    b"{{.}}",
    b"<a href=\"",
    b"<script>",
    b"</script>",
    b"<style>",
    b"<!--",
    b"-->",
    b" onclick=",
    b"\xc3\xa9",
    b"index . \"a\" ",
    b"slice \"abc\" 1 2 ",
    b" | toJson",
    b" | html",
    b" | urlquery",
    b"eq . 1 ",
];

#[test]
fn mutated_templates_neither_panic_nor_grow_without_bound() {
    Replay::of("gotemplate").pieces(PIECES).rounds(4000).run(fuzzing::check);
}
