//! A statement that a user wrote, word by word: enough to see what it is, not to parse it.

use std::ops::Range;

use crate::session::Dialect;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in quotes.
    Name,
    /// A text or any other thing in quotes.
    Text,
    /// A digit, an operator, a bracket, `;`: one character.
    Other,
}

/// The tokens of a script; space and comments are left out. What is never closed reaches to the end.
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
}

impl<'a> Tokens<'a> {
    /// The tokens of `text` as the database reads it.
    pub fn of(dialect: Dialect, text: &'a str) -> Self {
        Tokens { text, at: 0, dialect }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The length of the space or comment that `rest` starts with; 0 where it starts with neither.
    fn blank(&self, rest: &str) -> usize {
        if rest.starts_with("--") {
            return rest.find('\n').unwrap_or(rest.len());
        }
        if rest.starts_with("/*") {
            return self.comment(rest);
        }
        rest.len() - rest.trim_start().len()
    }

    /// The length of a comment. PostgreSQL's nest.
    fn comment(&self, rest: &str) -> usize {
        let (mut depth, mut at) = (0_usize, 0);
        while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
            let next = tail.find(['*', '/']).map_or(rest.len(), |n| at + n);
            at = match rest.get(next..next + 2) {
                Some("/*") if depth == 0 || self.dialect == Dialect::Postgres => {
                    depth += 1;
                    next + 2
                }
                Some("*/") => {
                    depth -= 1;
                    if depth == 0 {
                        return next + 2;
                    }
                    next + 2
                }
                _ => next + 1,
            };
        }
        rest.len()
    }

    /// Kind and length of the token that `rest` starts with.
    fn token(&self, rest: &str, first: char) -> (TokenKind, usize) {
        let sqlite = self.dialect == Dialect::Sqlite;
        match first {
            '\'' => (TokenKind::Text, quoted(rest, 1, '\'', false)),
            'e' | 'E' if !sqlite && rest.get(1..).is_some_and(|r| r.starts_with('\'')) => {
                (TokenKind::Text, quoted(rest, 2, '\'', true))
            }
            '"' => (TokenKind::Name, quoted(rest, 1, '"', false)),
            '`' if sqlite => (TokenKind::Name, quoted(rest, 1, '`', false)),
            '[' if sqlite => (TokenKind::Name, rest.find(']').map_or(rest.len(), |n| n + 1)),
            '$' if !sqlite => match dollar(rest) {
                Some(length) => (TokenKind::Text, length),
                None => (TokenKind::Other, 1),
            },
            c if is_start(c) => {
                let end = rest.find(|c: char| !(is_start(c) || c.is_ascii_digit() || c == '$'));
                (TokenKind::Word, end.unwrap_or(rest.len()))
            }
            c => (TokenKind::Other, c.len_utf8()),
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = (TokenKind, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.blank(self.rest()) {
                0 => break,
                length => self.at += length,
            }
        }
        let rest = self.rest();
        let (kind, length) = self.token(rest, rest.chars().next()?);
        let start = self.at;
        self.at += length;
        Some((kind, start..self.at))
    }
}

fn is_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

/// The length of what stands in quotes, which begins at `from`; a doubled quote stays inside.
fn quoted(rest: &str, from: usize, quote: char, backslash: bool) -> usize {
    let mut characters = rest.char_indices().skip(from).peekable();
    while let Some((at, c)) = characters.next() {
        if backslash && c == '\\' {
            characters.next();
        } else if c == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return at + quote.len_utf8();
        }
    }
    rest.len()
}

/// The length of a dollar-quoted text: `$$ ... $$`, `$body$ ... $body$`.
fn dollar(rest: &str) -> Option<usize> {
    let name = rest.get(1..)?.find('$')? + 2;
    let tag = rest.get(..name)?;
    let inner = tag.trim_matches('$');
    let fits = inner.chars().all(|c| is_start(c) || c.is_ascii_digit());
    if !fits || inner.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some(rest.get(name..)?.find(tag).map_or(rest.len(), |end| name + end + name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(dialect: Dialect, text: &str) -> Vec<&str> {
        Tokens::of(dialect, text).map(|(_, range)| &text[range]).collect()
    }

    #[test]
    fn comments_and_space_are_no_tokens() {
        let text = "-- one\n/* two; /* three */ x */ SELECT -- four\n 1;";
        assert_eq!(tokens(Dialect::Postgres, text), ["SELECT", "1", ";"]);
        assert_eq!(tokens(Dialect::Sqlite, text), ["x", "*", "/", "SELECT", "1", ";"]);
        assert_eq!(tokens(Dialect::Postgres, "/*/ x */ y"), ["y"]);
        assert!(tokens(Dialect::Postgres, "/* never closed").is_empty());
    }

    #[test]
    fn what_is_quoted_is_one_token() {
        let text = "a.\"b;\"\"c\" 'd;''e' é";
        assert_eq!(tokens(Dialect::Sqlite, text), ["a", ".", "\"b;\"\"c\"", "'d;''e'", "é"]);
        assert_eq!(tokens(Dialect::Sqlite, "`a;b` [c;d]"), ["`a;b`", "[c;d]"]);
        assert_eq!(tokens(Dialect::Postgres, r"E'a\';b' 'c\' d"), [r"E'a\';b'", r"'c\'", "d"]);
        assert_eq!(
            tokens(Dialect::Postgres, "$$a;$b$ c$$ $1 $x$;$$;$x$"),
            ["$$a;$b$ c$$", "$", "1", "$x$;$$;$x$"]
        );
        assert_eq!(tokens(Dialect::Postgres, "'never closed;"), ["'never closed;"]);
    }
}
