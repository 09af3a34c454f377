//! Where printing writes to: a text with a longest length. What is beyond is dropped and noticed,
//! so that printers need no error path and stop soon.

/// A text that ends at a number of bytes.
#[derive(Debug)]
pub(crate) struct Sink {
    text: String,
    bytes_max: usize,
    is_full: bool,
}

impl Sink {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { text: String::new(), bytes_max, is_full: false }
    }

    /// Appends a text if it fits; nothing fits after one that did not.
    pub(crate) fn push(&mut self, text: &str) {
        if self.is_full || text.len() > self.bytes_max - self.text.len() {
            self.is_full = true;
            return;
        }
        self.text.push_str(text);
    }

    pub(crate) fn push_char(&mut self, c: char) {
        self.push(c.encode_utf8(&mut [0; 4]));
    }

    /// Appends a character several times.
    pub(crate) fn repeat(&mut self, c: char, count: usize) {
        if count > self.bytes_max {
            self.is_full = true;
        }
        for _ in 0..count {
            if self.is_full {
                return;
            }
            self.push_char(c);
        }
    }

    /// Was something dropped?
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// The text; `None` when something was dropped.
    pub(crate) fn finish(self) -> Option<String> {
        (!self.is_full).then_some(self.text)
    }

    /// The text, with an ellipsis when something was dropped.
    pub(crate) fn cut(self) -> String {
        if self.is_full { self.text + "..." } else { self.text }
    }
}
