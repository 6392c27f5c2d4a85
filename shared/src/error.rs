//! One error type for everything: a kind with one SQLSTATE, a short message, a detail with the
//! facts and a hint with the cure. The adapters turn it into their database's error in one place.

use std::{fmt, io};

/// What went wrong. Each kind has exactly one SQLSTATE (see [`Kind::sqlstate`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The call or the plan says something that cannot be meant (22023).
    InvalidParameter,
    /// A text that does not parse as the type it is to become (22P02).
    InvalidText,
    /// A file that is not what it should be, or is damaged (22P04).
    BadFile,
    /// A number outside the range of its column (22003).
    OutOfRange,
    /// A date, time or instant outside what the column can hold (22008).
    DatetimeOverflow,
    /// A text longer than its column (22001).
    TooLong,
    /// A NUL character or bytes that are not UTF-8 in a text (22021).
    BadCharacter,
    /// Equal keys where one row per key is required (21000).
    DuplicateKey,
    /// A NULL where a value is required (23502).
    NullValue,
    /// A row that refers to a row that does not exist (23503).
    MissingReference,
    /// A value that a unique key already holds (23505).
    UniqueViolation,
    /// A check of the plan that failed (23514).
    CheckFailed,
    /// Two columns of one name (42701).
    DuplicateColumn,
    /// A name that fits more than one column (42702).
    AmbiguousColumn,
    /// What is no SQL (42601).
    Syntax,
    /// A column that does not exist (42703).
    UndefinedColumn,
    /// A value for a column that the database generates (428C9).
    GeneratedAlways,
    /// A name too long for the database (42622).
    NameTooLong,
    /// A name that is empty or holds a character no name can have (42602).
    InvalidName,
    /// A table that does not exist (42P01).
    UndefinedTable,
    /// A phase, a plan or another thing of ours that does not exist (42704).
    UndefinedObject,
    /// A table, or a thing of ours, that exists already (42710).
    DuplicateObject,
    /// No unique index fits the key (42P10).
    InvalidKey,
    /// Not a kind of relation, or of file, that can be used here (42809).
    WrongObjectType,
    /// A type for which there is no column type (42804).
    DatatypeMismatch,
    /// Something that this version, or this database, cannot do (0A000).
    NotSupported,
    /// The caller lacks a privilege (42501).
    Forbidden,
    /// A limit of ours is exceeded (54000).
    LimitExceeded,
    /// The state of the phase, of a guard or of a file forbids the call (55000).
    NotInState,
    /// Another run holds the phase (55P03).
    Busy,
    /// What cannot be done inside a transaction, or would end it (25001).
    ActiveTransaction,
    /// The transaction is read-only (25006).
    ReadOnly,
    /// A trigger did something else than what it was asked for (09000).
    TriggeredAction,
    /// The rows changed between comparison and writing (40001).
    Serialization,
    /// A file that does not exist (58P01).
    UndefinedFile,
    /// A file that exists already (58P02).
    DuplicateFile,
    /// The operating system failed to read or write (58030).
    Io,
    /// The call was cancelled (57014).
    Cancelled,
    /// A fault of ours (XX000): a balance that does not hold.
    Internal,
    /// An error that the database raised, with its own SQLSTATE.
    Database([u8; 5]),
}

impl Kind {
    /// The five-character SQLSTATE of this kind.
    pub fn sqlstate(&self) -> &str {
        match self {
            Kind::InvalidParameter => "22023",
            Kind::InvalidText => "22P02",
            Kind::BadFile => "22P04",
            Kind::OutOfRange => "22003",
            Kind::DatetimeOverflow => "22008",
            Kind::TooLong => "22001",
            Kind::BadCharacter => "22021",
            Kind::DuplicateKey => "21000",
            Kind::NullValue => "23502",
            Kind::MissingReference => "23503",
            Kind::UniqueViolation => "23505",
            Kind::CheckFailed => "23514",
            Kind::DuplicateColumn => "42701",
            Kind::AmbiguousColumn => "42702",
            Kind::Syntax => "42601",
            Kind::UndefinedColumn => "42703",
            Kind::GeneratedAlways => "428C9",
            Kind::NameTooLong => "42622",
            Kind::InvalidName => "42602",
            Kind::UndefinedTable => "42P01",
            Kind::UndefinedObject => "42704",
            Kind::DuplicateObject => "42710",
            Kind::InvalidKey => "42P10",
            Kind::WrongObjectType => "42809",
            Kind::DatatypeMismatch => "42804",
            Kind::NotSupported => "0A000",
            Kind::Forbidden => "42501",
            Kind::LimitExceeded => "54000",
            Kind::NotInState => "55000",
            Kind::Busy => "55P03",
            Kind::ActiveTransaction => "25001",
            Kind::ReadOnly => "25006",
            Kind::TriggeredAction => "09000",
            Kind::Serialization => "40001",
            Kind::UndefinedFile => "58P01",
            Kind::DuplicateFile => "58P02",
            Kind::Io => "58030",
            Kind::Cancelled => "57014",
            Kind::Internal => "XX000",
            Kind::Database(code) => std::str::from_utf8(code).unwrap_or("XX000"),
        }
    }
}

/// An error as the user sees it. `message` is short and factual, `detail` holds the facts (rows,
/// counts), `hint` says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

/// The result of everything that can fail in the core.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` that says `message`.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), detail: None, hint: None }
    }

    /// The same error with the facts in its DETAIL.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same error with the cure in its HINT.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Itself as the error of a reader or a writer, through which it travels.
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::other(self)
    }

    /// Our error that such an error carries.
    pub(crate) fn within(error: &io::Error) -> Option<Error> {
        error.get_ref()?.downcast_ref().cloned()
    }
}

/// Code, message, detail and hint on a line each: the form in which SQLite shows an error.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.sqlstate(), self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, "\nDETAIL: {detail}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nHINT: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
