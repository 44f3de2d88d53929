//! The registry of error codes: every `code` of a `CloudFlowError` that the package itself assigns.
//!
//! The codes of the service are in `cloudflow_service::wire::fault::TABLE`. `docs/errors.md` documents this registry,
//! `docs/retries.md` the codes of the service.

/// The kind of an error. Callers distinguish errors by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The call is not valid. Nothing was sent.
    Request,
    /// The credentials are missing, malformed or refused.
    Credentials,
    /// The service refused the call.
    Service,
    /// The response is not one of the service.
    Response,
    /// No response.
    Network,
    /// No response in time.
    Timeout,
    /// A bug of the package.
    Internal,
}

impl ErrorKind {
    /// The name in the JavaScript interface.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::Request => "request",
            ErrorKind::Credentials => "credentials",
            ErrorKind::Service => "service",
            ErrorKind::Response => "response",
            ErrorKind::Network => "network",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Internal => "internal",
        }
    }
}

/// Whether the same call can succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retryable {
    /// `retryable` is false.
    No,
    /// `retryable` is true.
    Yes,
    /// `retryable` depends on the response.
    Depends,
}

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal, $($kind:ident)|+, $retryable:ident, $advice:literal;)*) => {
        /// The stable name of an error that the package itself reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $meaning])+ $name,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the registry.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name,)*];

            /// The kebab-case name in the JavaScript interface. It is stable.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(ErrorCode::$name => $text,)*
                }
            }

            /// The kinds of errors with this code, the usual one first.
            pub fn kinds(self) -> &'static [ErrorKind] {
                match self {
                    $(ErrorCode::$name => &[$(ErrorKind::$kind),+],)*
                }
            }

            /// Whether the same call can succeed later.
            pub fn retryable(self) -> Retryable {
                match self {
                    $(ErrorCode::$name => Retryable::$retryable,)*
                }
            }

            /// The meaning of the code.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(ErrorCode::$name => concat!($($meaning),+).trim_ascii_start(),)*
                }
            }

            /// What the caller should do.
            pub fn advice(self) -> &'static str {
                match self {
                    $(ErrorCode::$name => $advice,)*
                }
            }
        }
    };
}

impl ErrorCode {
    /// The usual kind of errors with this code.
    pub fn kind(self) -> ErrorKind {
        self.kinds().first().copied().unwrap_or(ErrorKind::Internal)
    }
}

codes! {
    // The call
    /// A field of the request, or an option, does not exist.
    UnknownOption = "unknown-option", Request, No, "Correct the name. The message lists the valid names or suggests one.";
    /// A required field of the request, or the endpoint, is missing or empty.
    MissingField = "missing-field", Request, No, "Add the field.";
    /// A field or an argument has the wrong type.
    WrongType = "wrong-type", Request, No, "Pass a value of the type that the message names.";
    /// A field has a value outside its range, or a text that a request cannot contain.
    OutOfRange = "out-of-range", Request | Credentials, No, "Correct the value. The message states the range.";
    /// A field is not one of the allowed words.
    UnknownValue = "unknown-value", Request, No, "Use one of the words in the message.";
    /// The endpoint or the region is not valid here.
    BadEndpoint = "bad-endpoint", Request, No, "Correct `endpoint` or `region`. A path as endpoint works in a page only.";
    /// The text of a flow is not a string.
    NotAText = "not-a-text", Request, No, "Pass a string.";

    // The modules of "cloudflow-wasm/slim"
    /// A function of `cloudflow-wasm/slim` was called before its module was passed to `init`.
    NotInitialized = "not-initialized", Request, No, "Call `await init({ ask, language })` first.";
    /// The argument of `init` contains no WebAssembly module, or another one than its name says.
    NotAModule = "not-a-module", Request, No, "Pass `{ ask, language }`, each a `WebAssembly.Module`, its bytes, a `Response` or a `URL`.";
    /// The argument of `init` contains a module of another version of the package.
    ModuleOfAnotherBuild = "module-of-another-build", Request, No, "Pass the module of the same version. A bundler or a cache may have kept an earlier one.";
    /// The module could not be loaded from its URL, or the host cannot start it.
    ModuleNotLoaded = "module-not-loaded", Network | Internal, No, "Check the URL of the module; `status` is the HTTP status. An environment of a test may lack a function that `cause` names.";
    /// The policy of the page, or of the runtime, forbids the compilation of WebAssembly.
    WasmBlocked = "wasm-blocked", Internal, No, "Add `'wasm-unsafe-eval'` to the directive `script-src` of the Content-Security-Policy. In a Worker of an edge runtime, bundle with the condition `workerd`.";

    // Credentials
    /// The credentials are incomplete or malformed.
    BadCredentials = "bad-credentials", Credentials, No, "Correct the field that the message names. Copy keys without blanks.";
    /// A long-lived secret is used in a page or a worker of a browser, where every visitor can read it.
    SecretInPage = "secret-in-page", Credentials, No, "Use a gateway or temporary credentials, or set `dangerouslyAllowBrowser`.";
    /// A long-lived secret is used with an endpoint that is not encrypted.
    InsecureEndpoint = "insecure-endpoint", Credentials, No, "Use `https`, or set `allowInsecureHttp` in a trusted network.";
    /// The function `credentials` threw or rejected.
    CredentialsFailed = "credentials-failed", Credentials, No, "Handle the error of the function. `cause` has it.";

    // The response
    /// The endpoint redirects to another address. Redirects are not followed, because the request is signed for one address.
    Redirect = "redirect", Response, No, "Set `endpoint` to the final address.";
    /// The response is not JSON, or is JSON that was cut off.
    NotJson = "not-json", Response, Depends, "Check `endpoint`. A response that was cut off can be retried.";
    /// The response is empty.
    EmptyBody = "empty-body", Response, Yes, "Retry, and check what is between the client and the service.";
    /// The response has an HTTP error status without an error code of the service.
    HttpError = "http-error", Response, Depends, "Check `endpoint` and `status`. Statuses 408, 425, 429, 500, 502, 503 and 504 can be retried.";
    /// The function `fetch` returned something other than a `Response`.
    NotAResponse = "not-a-response", Response, No, "Return a `Response` from `fetch`.";
    /// The response is larger than 8 MiB, more than the service sends.
    ResponseTooLarge = "response-too-large", Response, No, "Check `endpoint`.";
    /// The response is a JSON object, but not an execution.
    NotAnExecution = "not-an-execution", Response, No, "Check `endpoint`. `diagnostics` lists what is missing.";
    /// The response is JSON, but not a page of events or of executions.
    NotAPage = "not-a-page", Response, No, "Check `endpoint`. `diagnostics` lists what is missing.";

    // The connection
    /// The connection failed.
    Network = "network", Network, Yes, "Retry later. In a page, check that the endpoint allows the origin (CORS).";
    /// The response did not arrive in time, or `timeoutMs` is over.
    Timeout = "timeout", Timeout, Yes, "Retry, or increase `timeoutMs`.";

    // "cloudflow-wasm/local"
    /// An option of `createEmulator`, `simulateFlow` or `simulateState` is not valid.
    WrongOptions = "wrong-options", Request, No, "Correct the option that the message names.";
    /// A flow that the emulator cannot store, or whose states `simulateState` cannot run.
    WrongDefinition = "wrong-definition", Request, No, "Correct the name or the definition. `diagnostics` of `simulateState` lists what is wrong.";
    /// The flow has no state with the name, id or path that `simulateState` was given.
    UnknownState = "unknown-state", Request, No, "Correct `state`. The message suggests the nearest name.";
    /// The flow has several states with the name that `simulateState` was given.
    AmbiguousState = "ambiguous-state", Request, No, "Pass the id of the state in `flowGraph`, or its path. The message lists the ids.";
    /// `rename` of an open flow cannot rename the state: the message states why.
    RenameRefused = "rename-refused", Request, No, "Show the message to the user, who chooses another name.";
    /// A function of an open flow was called after `close()`.
    FlowClosed = "flow-closed", Request, No, "Open the text again with `openFlow`.";
    /// A saved state that the emulator cannot restore.
    WrongState = "wrong-state", Request, No, "Pass a text that `save` returned, written by the same version.";
    /// A function of an emulator was called after `close()`, or `close()` ended a held request.
    EmulatorClosed = "emulator-closed", Request, No, "Create a new emulator. `save` and `restore` transfer the state.";
    /// A parameter of `signRequest` that the signature itself sets.
    ReservedParameter = "reserved-parameter", Request, No, "Remove the parameter. `options` has what the signature needs.";

    // The package
    /// A bug of the package, or an instance of the module that no longer exists.
    Internal = "internal", Internal, No, "Report it with the message and `cause`. The next call uses a new instance.";
}
