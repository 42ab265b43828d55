//! A text that is a part of a file, or one that was made: files are large, and most of what is read
//! of them is never changed.

use std::fmt;
use std::ops::{Deref, Range};

use super::FileText;

/// A text that shares its bytes with the file it stands in, as long as nobody changes it.
#[derive(Clone)]
pub struct Excerpt(Content);

#[derive(Clone)]
enum Content {
    /// These bytes of a file that is UTF-8 as a whole.
    Part(FileText, Range<usize>),
    Own(String),
}

impl Excerpt {
    /// These bytes of a file; none where the file is not UTF-8.
    pub fn of(file: &FileText, span: Range<usize>) -> Option<Self> {
        file.text()?.get(span.clone())?;
        Some(Self(Content::Part(file.clone(), span)))
    }

    /// The text to change.
    pub fn to_mut(&mut self) -> &mut String {
        if let Content::Part(..) = self.0 {
            self.0 = Content::Own(self.to_string());
        }
        match &mut self.0 {
            Content::Own(text) => text,
            Content::Part(..) => unreachable!("it was made its own above"),
        }
    }
}

impl Deref for Excerpt {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Content::Part(file, span) => &file.text().unwrap_or_default()[span.clone()],
            Content::Own(text) => text,
        }
    }
}

impl Default for Excerpt {
    fn default() -> Self {
        String::new().into()
    }
}

impl From<String> for Excerpt {
    fn from(text: String) -> Self {
        Self(Content::Own(text))
    }
}

impl From<&str> for Excerpt {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl PartialEq for Excerpt {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Excerpt {}

impl PartialEq<String> for Excerpt {
    fn eq(&self, other: &String) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_file_can_be_changed_and_the_file_stays() {
        let file = FileText::from(b"one two".to_vec());
        let mut part = Excerpt::of(&file, 4..7).expect("the file is UTF-8");
        assert_eq!(&*part, "two");
        part.to_mut().push('!');
        assert_eq!((&*part, &*file), ("two!", &b"one two"[..]));
    }

    #[test]
    fn there_is_no_text_where_there_is_no_utf_8() {
        assert!(Excerpt::of(&FileText::from(vec![b'a', 0xFF]), 0..1).is_none());
        assert!(Excerpt::of(&FileText::from("ä".as_bytes().to_vec()), 0..1).is_none());
        assert!(Excerpt::of(&FileText::from(b"a".to_vec()), 0..2).is_none());
    }
}
