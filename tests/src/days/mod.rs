//! Days of documents, and what tables they should become: random orders of shops that change, vanish, come late or
//! twice or with values that do not fit, and a plain reading of the rules that says what each day's run must leave.

pub mod documents;
pub mod oracle;
