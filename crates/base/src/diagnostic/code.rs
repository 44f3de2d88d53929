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
            pub(crate) fn severity(self) -> Severity {
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
    /// A quote is never closed.
    YamlUnclosedQuote = "yaml-unclosed-quote", Error;
    /// A bracket is never closed.
    YamlUnclosedBracket = "yaml-unclosed-bracket", Error;
    /// A tab stands where only spaces can indent.
    YamlTabIndent = "yaml-tab-indent", Error;
    /// A line is indented unlike the lines it belongs to.
    YamlBadIndent = "yaml-bad-indent", Error;
    /// A key stands without its colon.
    YamlMissingColon = "yaml-missing-colon", Error;
    /// The blank behind the colon of a key is missing.
    YamlMissingSpace = "yaml-missing-space", Error;
    /// An escape in a quoted text does not exist.
    YamlBadEscape = "yaml-bad-escape", Error;
    /// Something stands where it cannot.
    YamlUnexpected = "yaml-unexpected", Error;
    /// An alias names nothing that stands above it.
    YamlUnknownAlias = "yaml-unknown-alias", Error;
    /// The text holds more than one document.
    YamlMultipleDocuments = "yaml-multiple-documents", Error;
    /// The text is too long or nested too deep, holds too many values, or its aliases stand for too many.
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
    /// A key that the dialect knows, at a place where it does nothing.
    MisplacedKey = "misplaced-key", Error;
    /// Keys that exclude each other, or the same thing said twice.
    ConflictingKeys = "conflicting-keys", Error;
    /// A key or a form that newer documentation no longer shows.
    Deprecated = "deprecated", Warning;
    /// A key or a form that works but is documented nowhere.
    Undocumented = "undocumented", Warning;
    /// A number, or a number of entries, outside the documented range.
    OutOfRange = "out-of-range", Error;
    /// A list or a text that must not be empty.
    EmptyValue = "empty-value", Error;
    /// A text that is not one of the allowed words.
    UnknownValue = "unknown-value", Error;
    /// A state of a type that does not exist.
    UnknownType = "unknown-type", Error;

    /// A name given twice.
    DuplicateName = "duplicate-name", Error;
    /// A name that does not follow the rule for names.
    InvalidName = "invalid-name", Error;
    /// A version of the language that is not documented.
    UnknownVersion = "unknown-version", Error;
    /// A definition, a constant in it, or a response, larger than the service takes or gives.
    TooLarge = "too-large", Error;
    /// A state that neither goes on nor ends its scope.
    MissingTransition = "missing-transition", Error;
    /// A state that control can never come to.
    UnreachableState = "unreachable-state", Warning;
    /// States that lead only to each other.
    EndlessLoop = "endless-loop", Warning;
    /// A rule or option that another one always comes before.
    ShadowedRule = "shadowed-rule", Warning;
    /// A name of an error that is probably misspelt, or is a pattern.
    UnknownError = "unknown-error", Warning;
    /// Two mappings make the same key.
    DuplicateTarget = "duplicate-target", Warning;
    /// Something that has no effect.
    NoEffect = "no-effect", Warning;
    /// A resource name that the service cannot read.
    InvalidArn = "invalid-arn", Error;
    /// An action that the service cannot read.
    InvalidAction = "invalid-action", Error;
    /// A way of waiting that the called service is not documented to support.
    UnsupportedMode = "unsupported-mode", Warning;
    /// A task that waits to be called back, but gives nobody its token.
    MissingToken = "missing-token", Warning;
    /// A parameter that the called service needs.
    MissingParameter = "missing-parameter", Error;
    /// A placeholder of the documentation.
    PlaceholderLeft = "placeholder-left", Warning;
    /// A time that is not written as RFC 3339 asks.
    InvalidTime = "invalid-time", Error;

    // Expressions
    /// A text that looks like an expression but is taken as it stands.
    LiteralReference = "literal-reference", Warning;
    /// An expression that cannot be read.
    ExpressionSyntax = "expression-syntax", Error;
    /// An expression, or its calls, nested too deeply.
    ExpressionTooDeep = "expression-too-deep", Error;
    /// A variable that does not exist.
    UnknownVariable = "unknown-variable", Error;
    /// A variable that exists, but not here.
    MisplacedVariable = "misplaced-variable", Error;
    /// A member of the context that is not documented.
    UnknownMember = "unknown-member", Warning;
    /// A function that is not documented.
    UnknownFunction = "unknown-function", Warning;
    /// A call with too few or too many arguments.
    WrongArity = "wrong-arity", Error;
    /// A condition that is neither true nor false.
    NotBoolean = "not-boolean", Error;

    // From one dialect to the other
    /// A construct that the other dialect cannot say as it was said.
    MigrateNoEqual = "migrate-no-equal", Warning;
    /// A construct whose equal is not documented, or behaves the same only under a condition.
    MigrateReview = "migrate-review", Info;
    /// A name that another state has where the state stands now.
    MigrateRenamed = "migrate-renamed", Info;
    /// A definition that is in the new dialect already.
    MigrateNothing = "migrate-nothing", Info;

    // A response of the service
    /// A response that is not a JSON object.
    NotJson = "not-json", Error;
    /// A status that is not documented.
    UnknownStatus = "unknown-status", Info;
    /// A required field of a response or a request is missing or empty.
    MissingField = "missing-field", Error;
    /// A time that is not RFC 3339.
    BadTime = "bad-time", Warning;
    /// A text that should hold JSON and does not.
    EmbeddedJson = "embedded-json", Warning;
    /// The definition inside an execution is not one flow.
    UnreadableDefinition = "unreadable-definition", Warning;
    /// The body is an error of the service, not an execution.
    ServiceFault = "service-fault", Error;

    // A call of ours
    /// A field of a request or an option that does not exist.
    UnknownOption = "unknown-option", Error;
    /// An endpoint or a region that leads nowhere.
    BadEndpoint = "bad-endpoint", Error;
}
