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

            /// The kebab-case name in the JavaScript interface. It is stable.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$name => $text,)*
                }
            }

            /// The default severity of findings with this code.
            pub fn severity(self) -> Severity {
                match self {
                    $(Code::$name => Severity::$severity,)*
                }
            }

            /// The meaning of the code, in one line.
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
    /// A quoted text has no closing quote.
    YamlUnclosedQuote = "yaml-unclosed-quote", Error;
    /// A bracket has no closing bracket.
    YamlUnclosedBracket = "yaml-unclosed-bracket", Error;
    /// A tab is used for indentation. YAML allows only spaces.
    YamlTabIndent = "yaml-tab-indent", Error;
    /// The indentation of a line does not match its block.
    YamlBadIndent = "yaml-bad-indent", Error;
    /// A key has no colon.
    YamlMissingColon = "yaml-missing-colon", Error;
    /// The space after the colon of a key or after the dash of an item is missing.
    YamlMissingSpace = "yaml-missing-space", Error;
    /// An escape sequence in a quoted text does not exist.
    YamlBadEscape = "yaml-bad-escape", Error;
    /// A token is not allowed at its position.
    YamlUnexpected = "yaml-unexpected", Error;
    /// An alias refers to an anchor that is not defined before it.
    YamlUnknownAlias = "yaml-unknown-alias", Error;
    /// The text contains more than one document.
    YamlMultipleDocuments = "yaml-multiple-documents", Error;
    /// The text exceeds the limit for nesting depth, nodes or expanded aliases.
    YamlLimit = "yaml-limit", Error;
    /// A character looks like another one that YAML or an expression needs.
    LookAlike = "look-alike", Warning;
    /// The text was not read as UTF-8.
    BadEncoding = "bad-encoding", Error;
    /// A name ends with a line break.
    TrailingBreak = "trailing-break", Error;
    /// A merge key `<<`, which YAML 1.2 does not have.
    MergeKey = "merge-key", Warning;
    /// A value that loaders of YAML read differently.
    AmbiguousValue = "ambiguous-value", Warning;
    /// More findings than are reported.
    TooMany = "too-many", Warning;
    /// A mapping contains the same key twice.
    DuplicateKey = "duplicate-key", Error;

    // The flow as a document
    /// The text is neither a `flow` nor a `StateMachine` definition.
    UnknownDialect = "unknown-dialect", Error;
    /// A required key is missing.
    MissingKey = "missing-key", Error;
    /// A key that the dialect does not have.
    UnknownKey = "unknown-key", Warning;
    /// A value of the wrong type.
    WrongType = "wrong-type", Error;
    /// A transition to a state that does not exist.
    UnknownTarget = "unknown-target", Error;
    /// A key that this type of state does not have.
    MisplacedKey = "misplaced-key", Error;
    /// Keys that exclude or repeat each other.
    ConflictingKeys = "conflicting-keys", Error;
    /// A key or form that newer documentation has replaced.
    Deprecated = "deprecated", Warning;
    /// A key or form that works but is not documented.
    Undocumented = "undocumented", Warning;
    /// A number, or a number of entries, outside the documented range.
    OutOfRange = "out-of-range", Error;
    /// A list or a text that must not be empty.
    EmptyValue = "empty-value", Error;
    /// A text that is not one of the allowed words.
    UnknownValue = "unknown-value", Error;
    /// A state type that does not exist.
    UnknownType = "unknown-type", Error;

    /// Two states of one list have the same name.
    DuplicateName = "duplicate-name", Error;
    /// A name that violates the naming rules.
    InvalidName = "invalid-name", Error;
    /// A version of the language that is not documented.
    UnknownVersion = "unknown-version", Error;
    /// A definition, or a constant in it, exceeds the size limit of the service.
    TooLarge = "too-large", Error;
    /// A state has neither a next state nor an end.
    MissingTransition = "missing-transition", Error;
    /// A state that no transition leads to.
    UnreachableState = "unreachable-state", Warning;
    /// A loop without an exit, or without a task or wait.
    EndlessLoop = "endless-loop", Warning;
    /// A rule or option that an earlier one makes ineffective.
    ShadowedRule = "shadowed-rule", Warning;
    /// An error name that is probably misspelled or meant as a pattern.
    UnknownError = "unknown-error", Warning;
    /// Two mappings have the same target.
    DuplicateTarget = "duplicate-target", Warning;
    /// A part of the definition without effect.
    NoEffect = "no-effect", Warning;
    /// A `resourceArn` in a form that the service does not accept.
    InvalidArn = "invalid-arn", Error;
    /// An action in a form that the service does not accept.
    InvalidAction = "invalid-action", Error;
    /// A task mode that is not documented for the called service.
    UnsupportedMode = "unsupported-mode", Warning;
    /// A task waits for a callback but does not send its token.
    MissingToken = "missing-token", Warning;
    /// A parameter that the called service requires is missing.
    MissingParameter = "missing-parameter", Error;
    /// A placeholder from the documentation.
    PlaceholderLeft = "placeholder-left", Warning;
    /// A `timestamp` that is not in RFC 3339 form.
    InvalidTime = "invalid-time", Error;

    // Expressions
    /// A text that looks like an expression but is a constant.
    LiteralReference = "literal-reference", Warning;
    /// An expression with a syntax error.
    ExpressionSyntax = "expression-syntax", Error;
    /// An expression, or its calls, nested too deeply.
    ExpressionTooDeep = "expression-too-deep", Error;
    /// A variable that does not exist.
    UnknownVariable = "unknown-variable", Error;
    /// A variable that does not exist at this place.
    MisplacedVariable = "misplaced-variable", Error;
    /// A member of the context or of the data that does not exist.
    UnknownMember = "unknown-member", Warning;
    /// A function that is not documented.
    UnknownFunction = "unknown-function", Warning;
    /// A call with too few or too many arguments.
    WrongArity = "wrong-arity", Error;
    /// A condition that is not a boolean.
    NotBoolean = "not-boolean", Error;

    // Migration
    /// A construct without an equivalent in the other dialect.
    MigrateNoEqual = "migrate-no-equal", Warning;
    /// A construct whose equivalent is not documented or holds only under a condition.
    MigrateReview = "migrate-review", Info;
    /// A state that is renamed because its name is taken.
    MigrateRenamed = "migrate-renamed", Info;
    /// A definition that is already in the new dialect.
    MigrateNothing = "migrate-nothing", Info;

    // A response of the service
    /// A response that is not a JSON object.
    NotJson = "not-json", Error;
    /// A status that is not documented.
    UnknownStatus = "unknown-status", Info;
    /// A required field of a response or request is missing or empty.
    MissingField = "missing-field", Error;
    /// A time that is not in RFC 3339 form.
    BadTime = "bad-time", Warning;
    /// A text that should contain JSON but does not.
    EmbeddedJson = "embedded-json", Warning;
    /// The definition in an execution is not a flow.
    UnreadableDefinition = "unreadable-definition", Warning;
    /// The body is an error response of the service, not an execution.
    ServiceFault = "service-fault", Error;

    // A call of the client
    /// A field of a request, or an option, that does not exist.
    UnknownOption = "unknown-option", Error;
    /// An endpoint or region that is not valid.
    BadEndpoint = "bad-endpoint", Error;
}
