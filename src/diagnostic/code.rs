//! The registry of diagnostic codes: every code, its severity, its meaning in one line.

use super::Severity;

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal, $severity:ident;)*) => {
        /// The stable name of a kind of finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $meaning])+ $name,)*
        }

        impl Code {
            /// Every code, in the order of the registry.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The name JavaScript sees, in kebab-case. It never changes once released.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$name => $text,)*
                }
            }

            /// The severity findings of this code have unless a check says otherwise.
            pub fn severity(self) -> Severity {
                match self {
                    $(Code::$name => Severity::$severity,)*
                }
            }

            /// What a finding of this code means, in one line.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Code::$name => concat!($($meaning),+).trim_ascii_start(),)*
                }
            }
        }
    };
}

codes! {
    // YAML
    /// The text is not YAML.
    YamlSyntax = "yaml-syntax", Error;
    /// An alias names nothing that stands above it.
    YamlUnknownAlias = "yaml-unknown-alias", Error;
    /// The text holds more than one document.
    YamlMultipleDocuments = "yaml-multiple-documents", Error;
    /// The text is nested too deep, holds too many values, or its aliases stand for too many.
    YamlLimit = "yaml-limit", Error;
    /// A mapping holds the same key twice.
    DuplicateKey = "duplicate-key", Error;

    // The flow as a document
    /// The text is neither a `flow` nor a `StateMachine` definition.
    UnknownDialect = "unknown-dialect", Error;
    /// A required key is missing.
    MissingKey = "missing-key", Error;
    /// A key that the dialect does not know.
    UnknownKey = "unknown-key", Warning;
    /// A value of the wrong type.
    WrongType = "wrong-type", Error;
    /// A transition names a state that does not exist.
    UnknownTarget = "unknown-target", Error;

    // A response of the service
    /// A response that is not a JSON object.
    NotJson = "not-json", Error;
    /// A status that is not documented.
    UnknownStatus = "unknown-status", Info;
}
