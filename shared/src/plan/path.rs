//! Paths into JSON documents: `$.jobs[*].parts[0]["unit price"]`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};

/// The most steps of a path: no document that is read nests deeper.
const MOST_STEPS: usize = 128;

/// One step down into a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// The member of this name of an object.
    Name(String),
    /// The element at this place of an array, from 0.
    At(usize),
    /// Every element of an array.
    Each,
}

/// A path from a document, `$`, to values in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path(Vec<Step>);

impl Path {
    /// The document itself.
    pub fn document() -> Path {
        Path(Vec::new())
    }

    /// Reads a path. Errors: what is wrong with it, as a clause.
    pub fn parse(text: &str) -> Result<Path, &'static str> {
        let mut rest = text.strip_prefix('$').ok_or("does not begin with \"$\"")?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let step = match rest.strip_prefix('.') {
                Some(name) => {
                    let end = name.find(['.', '[']).unwrap_or(name.len());
                    let (name, left) = name.split_at_checked(end).unwrap_or_default();
                    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || "]*\"'".contains(c)) {
                        return Err("has a name that must be written as [\"name\"]");
                    }
                    rest = left;
                    Step::Name(name.to_owned())
                }
                None => {
                    let inner = rest
                        .strip_prefix('[')
                        .ok_or("has something other than \".\" or \"[\" after a step")?;
                    let (step, left) = bracket(inner)?;
                    rest = left;
                    step
                }
            };
            steps.push(step);
            if steps.len() > MOST_STEPS {
                return Err("has more than 128 steps");
            }
        }
        Ok(Path(steps))
    }

    /// The steps, from the document on.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// How many wildcards it has.
    pub fn wildcards(&self) -> usize {
        self.0.iter().filter(|step| **step == Step::Each).count()
    }

    /// Its beginning up to so many wildcards, the last of them included.
    pub fn within(&self, wildcards: usize) -> Path {
        let mut places =
            self.0.iter().enumerate().filter(|(_, step)| **step == Step::Each).map(|(place, _)| place + 1);
        let length = wildcards.checked_sub(1).and_then(|last| places.nth(last)).unwrap_or_default();
        Path(self.0.iter().take(length).cloned().collect())
    }

    /// The path one step further.
    pub fn step(&self, step: &Step) -> Path {
        Path(self.0.iter().chain([step]).cloned().collect())
    }

    /// The path of a member of what this one leads to.
    pub fn member(&self, name: &str) -> Path {
        self.step(&Step::Name(name.to_owned()))
    }

    /// Whether it begins with a place in the array that `each` leads to.
    pub fn is_place_in(&self, each: &Path) -> bool {
        self.0.strip_prefix(each.0.as_slice()).is_some_and(|rest| matches!(rest.first(), Some(Step::At(_))))
    }

    /// Whether it leads to one value at most for an element that `each` leads to: its part up to its
    /// last wildcard is the beginning of `each`.
    pub fn is_bound_by(&self, each: &Path) -> bool {
        let shared = self.0.iter().rposition(|step| *step == Step::Each).map_or(0, |last| last + 1);
        self.0.get(..shared) == each.0.get(..shared)
    }

    /// The path with the places of one element in place of its wildcards; those beyond stay.
    pub fn filled(&self, places: &[u32]) -> String {
        let mut places = places.iter();
        let steps = self.0.iter().map(|step| match (step, places.as_slice().first()) {
            (Step::Each, Some(_)) => {
                Step::At(places.next().and_then(|place| usize::try_from(*place).ok()).unwrap_or_default())
            }
            (step, _) => step.clone(),
        });
        Path(steps.collect()).to_string()
    }
}

/// A step in brackets, of which the first is gone, and what follows it.
fn bracket(inner: &str) -> Result<(Step, &str), &'static str> {
    const OPEN: &str = "has a \"[\" without its \"]\"";
    if inner.starts_with('"') {
        let mut names = serde_json::Deserializer::from_str(inner).into_iter::<String>();
        let Some(Ok(name)) = names.next() else { return Err("has a name that is not a JSON string") };
        let rest = inner.get(names.byte_offset()..).and_then(|rest| rest.strip_prefix(']')).ok_or(OPEN)?;
        return Ok((Step::Name(name), rest));
    }
    let (what, rest) = inner.split_once(']').ok_or(OPEN)?;
    if what == "*" {
        return Ok((Step::Each, rest));
    }
    let digits = !what.is_empty() && what.bytes().all(|byte| byte.is_ascii_digit());
    let place = if digits { what.parse::<u32>().ok() } else { None };
    let place = place.and_then(|place| usize::try_from(place).ok());
    place.map(|place| (Step::At(place), rest)).ok_or("has brackets around neither a place, a \"name\" nor *")
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.0 {
            match step {
                Step::Name(name) if is_plain(name) => write!(f, ".{name}")?,
                Step::Name(name) => write!(f, "[{}]", serde_json::Value::from(name.as_str()))?,
                Step::At(place) => write!(f, "[{place}]")?,
                Step::Each => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Path::parse(&text).map_err(|reason| de::Error::custom(format!("path \"{text}\" {reason}")))
    }
}

impl JsonSchema for Path {
    fn schema_name() -> Cow<'static, str> {
        "Path".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^\\$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    #[test]
    fn paths_are_read_and_spelled_in_one_way() {
        for (text, spelled) in [
            ("$", "$"),
            ("$.jobs[*].parts[0].unit-price", "$.jobs[*].parts[0].unit-price"),
            (r#"$["jobs"][*]["a b"]["c\"d"]"#, r#"$.jobs[*]["a b"]["c\"d"]"#),
            (r#"$["[*]"]"#, r#"$["[*]"]"#),
            ("$[*]", "$[*]"),
        ] {
            assert_eq!(path(text).to_string(), spelled);
        }
        let wrong = [
            "", "jobs", "$jobs", "$.", "$..a", "$.a b", "$[", "$[-1]", "$[+1]", "$[x]", "$[\"a\"", "$['a']",
            "$.a[*", "$.*",
        ];
        for text in wrong {
            assert!(Path::parse(text).is_err(), "{text}");
        }
        assert!(Path::parse(&format!("${}", "[0]".repeat(129))).is_err());
    }

    #[test]
    fn a_path_is_bound_where_its_wildcards_are_those_of_each() {
        let each = path("$.jobs[*].parts[*]");
        for bound in
            ["$", "$.id", "$.jobs[*].id", "$.jobs[*].parts[*].cost", "$.jobs[*].parts[*]", "$.jobs[0].id"]
        {
            assert!(path(bound).is_bound_by(&each), "{bound}");
        }
        for free in
            ["$.fees[*].id", "$.jobs[*].labor[*].id", "$.jobs[*].parts[*].taxes[*]", "$.jobs[0].parts[*]"]
        {
            assert!(!path(free).is_bound_by(&each), "{free}");
        }
        assert!(!path("$.jobs[*]").is_bound_by(&Path::document()));
        let within: Vec<String> =
            (0..3).map(|wildcards| path("$.a.jobs[*].parts[*].cost").within(wildcards).to_string()).collect();
        assert_eq!(within, ["$", "$.a.jobs[*]", "$.a.jobs[*].parts[*]"]);
    }

    #[test]
    fn an_element_is_named_by_its_places() {
        let each = path("$.jobs[*].parts[*].cost");
        assert_eq!(each.filled(&[2, 0]), "$.jobs[2].parts[0].cost");
        assert_eq!(each.filled(&[2]), "$.jobs[2].parts[*].cost");
        assert_eq!(path("$.id").filled(&[2, 0]), "$.id");
    }
}
