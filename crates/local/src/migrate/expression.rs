//! Expressions of the `StateMachine` dialect, as the migration builds them.

use std::fmt;

use cloudflow_language::flow::ScopeId;

use super::source::{element, first_key};
use super::write::json_text;

/// An expression. [`fmt::Display`] writes it in the syntax of the dialect.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Null,
    /// A text constant.
    Text(String),
    /// A number or boolean, as written.
    Literal(String),
    /// An expression that the author wrote, with its variables replaced.
    Written(String),
    Data(Data),
    /// A value of `$Global`.
    Global(String),
    /// The local data of a scope of the old definition. The layout of a state tells where they are.
    Local(ScopeId),
    /// The item of an iteration over this scope. The layout of a state tells where it is.
    Item(ScopeId),
    /// The index of an iteration over this scope, which the new dialect does not have.
    Index(ScopeId),
    /// The local data of a finished branch or iteration, whose output is at the base.
    Result(ScopeId, Box<Expr>),
    /// A base, and a path into it as written.
    Path(Box<Expr>, String),
    /// `jsonMerge(base, over)`
    Merge(Box<Expr>, Box<Expr>),
    Object(Vec<(String, Expr)>),
    List(Vec<Expr>),
}

/// A location of data in the new definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// The input of the state.
    Input,
    /// The output of the state.
    Output,
    /// The result of a function.
    OutputBody,
    ExecutionInput,
    ExecutionName,
    StateName,
    TaskToken,
    ErrorCode,
    ErrorDetail,
}

impl Data {
    fn as_str(self) -> &'static str {
        match self {
            Data::Input => "$Input",
            Data::Output => "$Output",
            Data::OutputBody => "$Output.Body",
            Data::ExecutionInput => "$Context.Execution.Input",
            Data::ExecutionName => "$Context.Execution.Name",
            Data::StateName => "$Context.Current.Name",
            Data::TaskToken => "$Context.Current.TaskToken",
            Data::ErrorCode => "$Context.Current.Error.Code",
            Data::ErrorDetail => "$Context.Current.Error.Detail",
        }
    }
}

impl From<Data> for Expr {
    fn from(data: Data) -> Self {
        Expr::Data(data)
    }
}

impl Expr {
    /// The members of `base`, replaced by those of `over`.
    pub fn merge(base: impl Into<Expr>, over: impl Into<Expr>) -> Self {
        match (base.into(), over.into()) {
            (base, Expr::Object(members)) if members.is_empty() => base,
            (Expr::Object(members), over) if members.is_empty() => over,
            (Expr::Object(mut members), Expr::Object(over)) => {
                members.retain(|(key, _)| over.iter().all(|(other, _)| other != key));
                members.extend(over);
                Expr::Object(members)
            }
            (base, over) => Expr::Merge(Box::new(base), Box::new(over)),
        }
    }

    /// True if the value is a list that `[*]` makes: a longer path would apply to its elements.
    pub fn is_every(&self) -> bool {
        match self {
            Expr::Path(base, path) => path.contains("[*]") || base.is_every(),
            Expr::Result(_, base) => base.is_every(),
            _ => false,
        }
    }

    /// The same expression with a longer path.
    pub fn extend(self, path: &str) -> Self {
        match self {
            other if path.is_empty() => other,
            Expr::Path(base, before) => Expr::Path(base, before + path),
            other => Expr::Path(Box::new(other), path.to_owned()),
        }
    }

    /// A path into a list that `[*]` makes.
    fn path_of_every(self, path: &str) -> Self {
        match (self, element(path)) {
            (list, (Some("*"), rest)) => list.extend(rest),
            (_, (None, _)) => Expr::Null,
            (Expr::Result(scope, base), (Some(index), rest)) => {
                let base = base.to_string();
                let one = [base.trim_end_matches("[*]"), "[", index, "]"].concat();
                Expr::Result(scope, Box::new(Expr::Written(one))).path(rest)
            }
            // The element of the list, and not an element of each element.
            (list, _) => Expr::Path(Box::new(Expr::List(vec![list])), ["[0]", path].concat()),
        }
    }

    /// A path into the value, as written: empty, or beginning with `.` or `[`.
    pub fn path(self, path: &str) -> Self {
        if path.is_empty() {
            return self;
        }
        if self.is_every() {
            return self.path_of_every(path);
        }
        match self {
            Expr::Text(_) | Expr::Literal(_) => Expr::Null,
            none @ (Expr::Null | Expr::Index(_)) => none,
            Expr::Path(base, before) => Expr::Path(base, before + path),
            Expr::Object(members) => match first_key(path) {
                Some((key, rest)) => {
                    let found = members.into_iter().find(|(name, _)| name == key);
                    found.map_or(Expr::Null, |(_, value)| value.path(rest))
                }
                None => Expr::Null,
            },
            Expr::List(items) => match element(path) {
                (Some("*"), rest) if !rest.contains("[*]") => {
                    Expr::List(items.into_iter().map(|item| item.path(rest)).collect())
                }
                (Some(index), rest) => {
                    let item = index.parse().ok().and_then(|index: usize| items.into_iter().nth(index));
                    item.map_or(Expr::Null, |item| item.path(rest))
                }
                (None, _) => Expr::Null,
            },
            Expr::Merge(base, over) => match (&*over, first_key(path)) {
                (Expr::Object(members), Some((key, rest))) => match members.iter().find(|(name, _)| name == key) {
                    Some((_, value)) => value.clone().path(rest),
                    None => base.path(path),
                },
                _ => Expr::Path(Box::new(Expr::Merge(base, over)), path.to_owned()),
            },
            other => other.extend(path),
        }
    }

    /// The member `name`.
    pub fn member(self, name: &str) -> Self {
        self.path(&[".", name].concat())
    }

    /// True if every state of the flow sees the same value.
    pub fn is_immutable(&self) -> bool {
        match self {
            Expr::Null | Expr::Index(_) | Expr::Text(_) | Expr::Literal(_) | Expr::Global(_) => true,
            Expr::Data(data) => matches!(data, Data::ExecutionInput | Data::ExecutionName),
            Expr::Written(_) | Expr::Local(_) | Expr::Item(_) | Expr::Result(..) => false,
            Expr::Path(base, _) => base.is_immutable(),
            Expr::Merge(base, over) => base.is_immutable() && over.is_immutable(),
            Expr::Object(members) => members.iter().all(|(_, value)| value.is_immutable()),
            Expr::List(items) => items.iter().all(Expr::is_immutable),
        }
    }

    /// The number of its parts, up to about `most`.
    pub fn size(&self, most: usize) -> usize {
        let mut count = 0;
        let mut todo = vec![self];
        while let Some(expr) = todo.pop() {
            count += 1;
            if count > most {
                break;
            }
            match expr {
                Expr::Path(base, _) | Expr::Result(_, base) => todo.push(base),
                Expr::Merge(base, over) => todo.extend([&**base, &**over]),
                Expr::Object(members) => todo.extend(members.iter().map(|(_, value)| value)),
                Expr::List(items) => todo.extend(items),
                _ => {}
            }
        }
        count
    }

    /// The lines of an expression that is too long for one line.
    pub fn lines(&self) -> Option<Vec<String>> {
        let Expr::Merge(base, over) = self else { return None };
        let Expr::Object(members) = &**over else { return None };
        if members.len() < 2 {
            return None;
        }
        let mut lines = vec![format!("jsonMerge({base}, {{")];
        for (at, (key, value)) in members.iter().enumerate() {
            let comma = if at + 1 < members.len() { "," } else { "" };
            lines.push(format!("{}: {value}{comma}", json_text(key)));
        }
        lines.push("})".to_owned());
        Some(lines)
    }
}

impl fmt::Display for Expr {
    // Recursion is bounded by the depth limit of the YAML reader.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Null | Expr::Local(_) | Expr::Item(_) | Expr::Index(_) => f.write_str("null"),
            Expr::Text(text) => f.write_str(&json_text(text)),
            Expr::Literal(text) | Expr::Written(text) => f.write_str(text),
            Expr::Data(data) => f.write_str(data.as_str()),
            Expr::Global(name) => write!(f, "$Global.{name}"),
            Expr::Result(_, base) => write!(f, "{base}"),
            Expr::Path(base, path) => write!(f, "{base}{path}"),
            Expr::Merge(base, over) => write!(f, "jsonMerge({base}, {over})"),
            Expr::Object(members) => {
                f.write_str("{")?;
                for (at, (key, value)) in members.iter().enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    write!(f, "{comma}{}: {value}", json_text(key))?;
                }
                f.write_str("}")
            }
            Expr::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Data, Expr};

    #[test]
    fn writes_the_syntax_of_the_dialect() {
        let item = Expr::Object(vec![("a \"b\"".to_owned(), Expr::List(vec![Expr::Null, Data::Input.into()]))]);
        let merged = Expr::merge(Expr::from(Data::Input).member("input"), item);
        assert_eq!(merged.to_string(), r#"jsonMerge($Input.input, {"a \"b\"": [null, $Input]})"#);
        let element = Expr::from(Data::Output).path(".Items[*]").extend(".local");
        assert_eq!(element.to_string(), "$Output.Items[*].local");
    }
}
