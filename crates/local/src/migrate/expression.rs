//! Expressions of the `StateMachine` dialect, as the migration builds them.

use std::fmt;

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
    /// The input of the scope.
    ScopeInput,
    /// The local data of the scope.
    Local,
    /// The data of the scope around an option.
    Outer,
    /// The local data of the scope around an option.
    OuterLocal,
    /// The input of the step after its own mappings, kept by an `InputConstructor`.
    Own,
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
            Data::ScopeInput => "$Input.input",
            Data::Local => "$Input.local",
            Data::Outer => "$Input.outer",
            Data::OuterLocal => "$Input.outer.local",
            Data::Own => "$Input.own",
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
        Expr::Merge(Box::new(base.into()), Box::new(over.into()))
    }

    /// A path into the value, as written: empty, or beginning with `.` or `[`.
    pub fn path(self, path: &str) -> Self {
        match self {
            other if path.is_empty() => other,
            Expr::Path(base, before) => Expr::Path(base, before + path),
            other => Expr::Path(Box::new(other), path.to_owned()),
        }
    }

    /// The member `name`.
    pub fn member(self, name: &str) -> Self {
        self.path(".").path(name)
    }

    /// The element `index`, which may be `*`.
    pub fn element(self, index: &str) -> Self {
        self.path("[").path(index).path("]")
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
            Expr::Null => f.write_str("null"),
            Expr::Text(text) => f.write_str(&json_text(text)),
            Expr::Literal(text) | Expr::Written(text) => f.write_str(text),
            Expr::Data(data) => f.write_str(data.as_str()),
            Expr::Global(name) => write!(f, "$Global.{name}"),
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
        let item = Expr::Object(vec![("a \"b\"".to_owned(), Expr::List(vec![Expr::Null, Data::Own.into()]))]);
        let merged = Expr::merge(Data::ScopeInput, item);
        assert_eq!(merged.to_string(), r#"jsonMerge($Input.input, {"a \"b\"": [null, $Input.own]})"#);
        let element = Expr::from(Data::Output).member("Items").element("*").member("local").path("");
        assert_eq!(element.to_string(), "$Output.Items[*].local");
    }
}
