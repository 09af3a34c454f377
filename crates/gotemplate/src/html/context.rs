//! Places in an HTML document, as far as escaping tells them apart.

/// A place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) state: State,
    pub(super) delim: Delim,
    pub(super) url: UrlPart,
    /// A slash in JavaScript divides here; otherwise it begins a regular expression.
    pub(super) divides: bool,
    /// The attribute whose value is expected.
    pub(super) attribute: Attribute,
    pub(super) element: Element,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Outside of tags and comments.
    #[default]
    Text,
    /// Inside a tag, before an attribute.
    Tag,
    AttrName,
    AfterName,
    /// Behind the `=` of an attribute.
    BeforeValue,
    HtmlComment,
    /// Inside `<title>` or `<textarea>`.
    Rcdata,
    /// Inside a value that is plain text.
    Attr,
    Url,
    Srcset,
    Js,
    JsDqStr,
    JsSqStr,
    JsTemplate,
    JsRegexp,
    JsBlockComment,
    JsLineComment,
    Css,
    CssDqStr,
    CssSqStr,
    CssDqUrl,
    CssSqUrl,
    CssUrl,
    CssBlockComment,
    CssLineComment,
}

/// What ends the value of an attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Delim {
    /// Not in a value.
    #[default]
    None,
    Double,
    Single,
    SpaceOrTagEnd,
}

/// Part of a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum UrlPart {
    /// Nothing of it yet.
    #[default]
    Nothing,
    /// Before `?` and `#`.
    Path,
    /// Behind them.
    Query,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Attribute {
    #[default]
    Plain,
    Script,
    /// `type` of a `<script>`.
    ScriptType,
    Style,
    Url,
    Srcset,
}

/// Elements whose content is no HTML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Element {
    #[default]
    Other,
    Script,
    Style,
    Textarea,
    Title,
}

impl Context {
    /// The place where a value would be written: behind `=` an unquoted value begins.
    pub(super) fn nudged(self) -> Self {
        match self.state {
            State::Tag => Self { state: State::AttrName, ..self },
            State::BeforeValue => Self {
                state: self.attribute.value_state(),
                delim: Delim::SpaceOrTagEnd,
                attribute: Attribute::Plain,
                ..self
            },
            State::AfterName => {
                Self { state: State::AttrName, attribute: Attribute::Plain, ..self }
            }
            _ => self,
        }
    }
}

impl Attribute {
    pub(super) fn value_state(self) -> State {
        match self {
            Self::Plain | Self::ScriptType => State::Attr,
            Self::Script => State::Js,
            Self::Style => State::Css,
            Self::Url => State::Url,
            Self::Srcset => State::Srcset,
        }
    }
}

impl Element {
    pub(super) fn named(name: &str) -> Self {
        match &*name.to_ascii_lowercase() {
            "script" => Self::Script,
            "style" => Self::Style,
            "textarea" => Self::Textarea,
            "title" => Self::Title,
            _ => Self::Other,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Other => "",
            Self::Script => "script",
            Self::Style => "style",
            Self::Textarea => "textarea",
            Self::Title => "title",
        }
    }

    pub(super) fn content_state(self) -> State {
        match self {
            Self::Other => State::Text,
            Self::Script => State::Js,
            Self::Style => State::Css,
            Self::Textarea | Self::Title => State::Rcdata,
        }
    }
}

impl Delim {
    /// Characters that end the value.
    pub(super) fn ends(self) -> &'static [char] {
        match self {
            Self::None => &[],
            Self::Double => &['"'],
            Self::Single => &['\''],
            Self::SpaceOrTagEnd => &[' ', '\t', '\n', '\x0c', '\r', '>'],
        }
    }
}

impl State {
    pub(super) fn is_comment(self) -> bool {
        matches!(
            self,
            Self::HtmlComment
                | Self::JsBlockComment
                | Self::JsLineComment
                | Self::CssBlockComment
                | Self::CssLineComment
        )
    }

    /// Bytes that begin such a comment.
    pub(super) fn comment_start_len(self) -> usize {
        if self == Self::HtmlComment { 4 } else { 2 }
    }

    /// What stays of a comment that is left out.
    pub(super) fn comment_as_space(self, text: &str) -> &'static str {
        match self {
            Self::JsBlockComment if text.contains(['\n', '\r', '\u{2028}', '\u{2029}']) => "\n",
            Self::JsBlockComment | Self::CssBlockComment => " ",
            _ => "",
        }
    }

    /// Is the text in a tag, also inside of its values?
    pub(super) fn is_in_tag(self) -> bool {
        matches!(
            self,
            Self::Tag | Self::AttrName | Self::AfterName | Self::BeforeValue | Self::Attr
        )
    }

    /// Name for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Tag | Self::AttrName | Self::AfterName => "inside a tag",
            Self::BeforeValue | Self::Attr | Self::Url | Self::Srcset => "inside an attribute",
            Self::HtmlComment => "inside a comment",
            Self::Rcdata => "inside title or textarea",
            Self::Js
            | Self::JsDqStr
            | Self::JsSqStr
            | Self::JsTemplate
            | Self::JsRegexp
            | Self::JsBlockComment
            | Self::JsLineComment => "inside a script",
            Self::Css
            | Self::CssDqStr
            | Self::CssSqStr
            | Self::CssDqUrl
            | Self::CssSqUrl
            | Self::CssUrl
            | Self::CssBlockComment
            | Self::CssLineComment => "inside a style",
        }
    }
}
