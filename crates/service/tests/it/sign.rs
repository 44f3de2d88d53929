//! Signature vectors. Each stage is tested separately, so that a failure names the wrong stage.
//!
//! `request.json` names the source of the vector. The other files contain the expected results of the stages.

use cloudflow_service::sign::{self, Credentials, Scheme, Stamp, acs3, encode, rpc};
use cloudflow_service::wire::request::{DescribeExecution, Endpoint};
use serde_json::Value;

use cloudflow_tests::{Case, cases, report};

#[test]
fn every_stage_of_every_vector() {
    let mut failures = Vec::new();
    let mut compared = 0;
    for case in cases("sign", "request.json") {
        let request: Value = serde_json::from_str(&case.read("request.json")).unwrap();
        let text = |key: &str| request[key].as_str().unwrap_or_default();
        let query = pairs(&request["query"]);
        let mut stage = |file: &str, actual: &str| {
            // Some vectors contain the string to sign only.
            let expected = match file {
                "to-sign.txt" => case.read(file),
                _ => match case.read_if_there(file) {
                    Some(expected) => expected,
                    None => return,
                },
            };
            compared += 1;
            if expected != actual {
                failures.push(format!("{}/{file}\n--- expected\n{expected}\n--- actual\n{actual}", case.name));
            }
        };
        if text("algorithm") == "HMAC-SHA1" {
            let all: Vec<_> = query.into_iter().chain(pairs(&request["form"])).collect();
            let canonical = rpc::canonical(&all);
            stage("canonical.txt", &canonical);
            let to_sign = rpc::string_to_sign(text("method"), &canonical);
            stage("to-sign.txt", &to_sign);
            stage("signature.txt", &rpc::signature(text("accessKeySecret"), &to_sign));
        } else {
            let headers = pairs(&request["headers"]);
            if let Some(body) = request["body"].as_str() {
                assert_eq!(acs3::sha256_hex(body.as_bytes()), text("bodySha256"), "{}", case.name);
            }
            let canonical = acs3::canonical_request(text("method"), text("path"), &query, &headers, text("bodySha256"));
            stage("canonical.txt", &canonical.request);
            let to_sign = acs3::string_to_sign(&canonical.request);
            stage("to-sign.txt", &to_sign);
            let signature = acs3::signature(text("accessKeySecret"), &to_sign);
            stage("signature.txt", &signature);
            stage(
                "authorization.txt",
                &acs3::authorization(text("accessKeyId"), &canonical.signed_headers, &signature),
            );
        }
    }
    assert!(compared >= 130, "only {compared} stages were compared");
    report("sign", failures);
}

#[test]
fn vectors_of_single_strings() {
    for case in cases("sign", "string.json") {
        let vector: Value = serde_json::from_str(&case.read("string.json")).unwrap();
        let message = case.read("message.txt");
        let key = vector["key"].as_str().unwrap_or_default();
        let actual = match vector["algorithm"].as_str().unwrap() {
            // The key of the vector ends in the `&` that the signature adds.
            "HMAC-SHA1" => rpc::signature(key.strip_suffix('&').unwrap(), &message),
            "HMAC-SHA256" => acs3::signature(key, &message),
            "SHA-256" => acs3::sha256_hex(message.as_bytes()),
            other => panic!("{other}"),
        };
        assert_eq!(actual, case.read("expected.txt"), "{}", case.name);
    }
}

#[test]
fn percent_encoding() {
    for case in cases("sign", "table.json") {
        let table: Vec<Value> = serde_json::from_str(&case.read("table.json")).unwrap();
        for row in &table {
            assert_eq!(encode::percent(row["raw"].as_str().unwrap()), row["encoded"].as_str().unwrap());
        }
    }
}

/// The complete request as it is sent, for the vectors of DescribeExecution.
#[test]
fn whole_requests() {
    let mut seen = 0;
    for case in cases("sign", "request.json") {
        if !case.name.starts_with("derived-") || !case.name.contains("-describeexecution-get") {
            continue;
        }
        // Only one SDK sends the header with the key id. The client does not send it.
        if case.name.ends_with("accesskeyid-header") {
            continue;
        }
        seen += 1;
        whole_request(&case);
    }
    assert_eq!(seen, 6);
}

fn whole_request(case: &Case) {
    let request: Value = serde_json::from_str(&case.read("request.json")).unwrap();
    let query = pairs(&request["query"]);
    let parameter = |name: &str| query.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let call = DescribeExecution {
        flow_name: parameter("FlowName").unwrap(),
        execution_name: parameter("ExecutionName").unwrap(),
        wait_time_seconds: parameter("WaitTimeSeconds").map_or(0, |seconds| seconds.parse().unwrap()),
    };
    let credentials = Credentials {
        access_key_id: request["accessKeyId"].as_str().unwrap().to_owned(),
        access_key_secret: request["accessKeySecret"].as_str().unwrap().to_owned(),
        security_token: request["securityToken"].as_str().map(str::to_owned),
    };
    let scheme = Scheme::from_name(request["algorithm"].as_str().unwrap()).unwrap();
    let endpoint = Endpoint::of_region("cn-hangzhou").unwrap();
    assert_eq!(request["date"], "2024-05-06T07:08:09Z");
    let stamp = Stamp { now: 1_714_979_289_123, nonce: request["nonce"].as_str().unwrap() };
    let signed = sign::sign(scheme, &endpoint, &call, Some(&credentials), stamp);
    match scheme {
        Scheme::HmacSha1 => {
            assert_eq!(signed.url, case.read("url.txt"), "{}", case.name);
            assert_eq!(signed.headers, []);
        }
        Scheme::Acs3HmacSha256 => {
            let authorization = signed.headers.iter().find(|(name, _)| name == "authorization").unwrap();
            assert_eq!(authorization.1, case.read("authorization.txt"), "{}", case.name);
            assert!(!signed.url.contains("Signature"), "{}", signed.url);
        }
    }
    // No displayed text contains a secret.
    let shown = format!("{signed:?} {credentials:?}");
    let secrets = [Some(&credentials.access_key_id), Some(&credentials.access_key_secret)];
    for secret in secrets.into_iter().chain([credentials.security_token.as_ref()]).flatten() {
        assert!(!shown.contains(secret), "{shown}");
        assert!(!shown.contains(&encode::percent(secret)), "{shown}");
    }
}

/// An operation with a form, for the vectors of this kind: the signature does not depend on the place of the parameters.
#[test]
fn operations_with_a_form() {
    let mut seen = 0;
    for case in cases("sign", "request.json") {
        let request: Value = serde_json::from_str(&case.read("request.json")).unwrap();
        let own = pairs(&request["form"]);
        let query = pairs(&request["query"]);
        if !case.name.starts_with("derived-rpc-") || request["method"] != "POST" || own.is_empty() {
            continue;
        }
        let of_query = |name: &str| query.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let common = ["AccessKeyId", "Action", "Format", "Version"];
        let is_own = |name: &str| !common.contains(&name) && !name.starts_with("Signature") && name != "Timestamp";
        if query.iter().any(|(name, _)| is_own(name)) {
            // In this vector, parameters of the operation are in the query.
            continue;
        }
        seen += 1;
        let credentials = Credentials {
            access_key_id: of_query("AccessKeyId").unwrap().to_owned(),
            access_key_secret: request["accessKeySecret"].as_str().unwrap().to_owned(),
            security_token: None,
        };
        assert_eq!(request["date"], "2024-05-06T07:08:09Z");
        let stamp = Stamp { now: 1_714_979_289_123, nonce: request["nonce"].as_str().unwrap() };
        let parameters: Vec<_> = own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let form = sign::form(of_query("Action").unwrap(), &parameters, &credentials, stamp).unwrap();
        assert_eq!(form.body, rpc::canonical(&own), "{}", case.name);
        let signature = encode::percent(case.read("signature.txt").trim_end());
        assert!(form.query.ends_with(&format!("&Signature={signature}")), "{}: {}", case.name, form.query);
        assert!(!format!("{form:?}").contains(&signature));
        for reserved in ["Signature", "Timestamp", "AccessKeyId"] {
            let parameters = [(reserved.to_owned(), "x".to_owned())];
            let refused = sign::form("ListFlows", &parameters, &credentials, stamp).unwrap_err();
            assert_eq!(refused, format!("`{reserved}` is set by the signature"));
        }
    }
    assert!(seen > 0, "no vector has this form");
}

#[test]
fn an_unsigned_request_names_the_operation_only() {
    let call = DescribeExecution { flow_name: "流程".into(), execution_name: "a b".into(), wait_time_seconds: 20 };
    let stamp = Stamp { now: 0, nonce: "n" };
    for (base, url) in [
        ("https://gate.example/api/cloudflow", "https://gate.example/api/cloudflow?"),
        ("https://gate.example/api/", "https://gate.example/api/?"),
        ("HTTPS://Gate.Example:443", "https://gate.example/?"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787/?"),
        ("/api/cloudflow", "/api/cloudflow?"),
    ] {
        let endpoint = Endpoint::parse(base).unwrap();
        let signed = sign::sign(Scheme::HmacSha1, &endpoint, &call, None, stamp);
        let query = "Action=DescribeExecution&ExecutionName=a%20b&FlowName=%E6%B5%81%E7%A8%8B&Version=2019-03-15&WaitTimeSeconds=20";
        assert_eq!(signed.url, format!("{url}{query}"));
        assert_eq!(signed.headers, []);
    }
}

#[test]
fn the_path_of_a_gateway_is_not_signed() {
    let call = DescribeExecution { flow_name: "f".into(), execution_name: "e".into(), wait_time_seconds: 0 };
    let credentials =
        Credentials { access_key_id: "id".into(), access_key_secret: "secret".into(), security_token: None };
    let stamp = Stamp { now: 0, nonce: "n" };
    let signature = |base: &str, scheme| {
        let signed = sign::sign(scheme, &Endpoint::parse(base).unwrap(), &call, Some(&credentials), stamp);
        let header = signed.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.clone());
        header.unwrap_or_else(|| signed.url.split_once("&Signature=").unwrap().1.to_owned())
    };
    for scheme in [Scheme::HmacSha1, Scheme::Acs3HmacSha256] {
        assert_eq!(signature("https://h", scheme), signature("https://h/a/b", scheme));
    }
    // Only the second scheme signs the host with its port.
    assert_ne!(signature("https://h", Scheme::Acs3HmacSha256), signature("https://h:8443", Scheme::Acs3HmacSha256));
}

#[test]
fn invalid_endpoints_are_refused() {
    for bad in [
        "",
        "cn-hangzhou.fnf.aliyuncs.com",
        "//evil",
        "ftp://h",
        "https://",
        "https://u:p@h",
        "https://h?x=1",
        "https://h#x",
        "https://h:99999",
        "https://h:+80",
        "https://h h",
        "https://流程",
        "https://h\\@evil",
        "https:///path",
        "https://h:",
    ] {
        assert!(Endpoint::parse(bad).is_err(), "{bad}");
    }
    for bad in ["", "hangzhou", "cn-", "cn-hangzhou.evil.com/#", "CN-hangzhou", "cn_hangzhou", "cn-hangzhou\n", "cn-ü"]
    {
        assert!(Endpoint::of_region(bad).is_err(), "{bad}");
    }
    assert!(Endpoint::of_region("cn-hangzou").is_ok(), "an unknown region may exist");
    let message = Endpoint::of_region("CN-Hangzhou").unwrap_err();
    assert_eq!(message, "`CN-Hangzhou` is not a region id; did you mean `cn-hangzhou`?");
    assert_eq!(Endpoint::parse("http://[::1]:8080/x").unwrap().host(), "[::1]:8080");
}

#[test]
fn displayed_texts_contain_no_secret() {
    let credentials = Credentials {
        access_key_id: "LTAI1234".into(),
        access_key_secret: "s3cr+t/=".into(),
        security_token: Some("CAIS+tok/en==".into()),
    };
    let call = DescribeExecution { flow_name: "f".into(), execution_name: "e".into(), wait_time_seconds: 0 };
    let stamp = Stamp { now: 0, nonce: "n" };
    let signed =
        sign::sign(Scheme::HmacSha1, &Endpoint::of_region("cn-hangzhou").unwrap(), &call, Some(&credentials), stamp);
    let canonical = signed.url.split_once('?').unwrap().1.rsplit_once("&Signature").unwrap().0;
    let quoted = format!(
        "not matched. server string to sign is:{}, url {} and `CAIS+tok/en==`, x-acs-security-token:CAIS+tok/en==",
        rpc::string_to_sign("GET", canonical),
        signed.url
    );
    for text in [sign::redact(&quoted, Some(&credentials)), sign::redact(&quoted, None).replace("`CAIS+tok/en==`", "")]
    {
        for secret in ["LTAI1234", "s3cr", "CAIS", "tok%2F"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(text.contains("Action%3DDescribeExecution"), "{text}");
        assert!(text.contains("SignatureMethod=HMAC-SHA1"), "{text}");
        assert!(text.contains("Signature=***"), "{text}");
    }
    // With any number of encodings.
    let twice = encode::percent(&encode::percent(&signed.url));
    for text in [encode::percent(&signed.url), twice] {
        let text = sign::redact(&text, None);
        assert!(!text.contains("LTAI1234") && !text.contains("CAIS"), "{text}");
        assert!(text.contains("DescribeExecution"), "{text}");
    }
    assert_eq!(sign::redact("your signature: check it", None), "your signature: check it");
}

/// A secret in any form, in a text that is cut at any position.
#[test]
fn secrets_in_every_form() {
    let secret = "s3cret/of+the=caller~%2Fend";
    let once = encode::percent(secret);
    let twice = encode::percent(&once);
    let thrice = encode::percent(&twice);
    let lower = |text: &str| {
        let mut out: Vec<char> = text.chars().collect();
        for at in 0..out.len().saturating_sub(2) {
            if out[at] == '%' {
                out[at + 1].make_ascii_lowercase();
                out[at + 2].make_ascii_lowercase();
            }
        }
        out.into_iter().collect::<String>()
    };
    let json = secret.replace('/', "\\/").replace('+', "\\u002B");
    let forms = [
        secret,
        &once,
        &twice,
        &thrice,
        &lower(&once),
        &lower(&twice),
        &lower(&thrice),
        &json,
        &secret.replace('+', " "),
    ];
    for form in forms {
        for (before, behind) in [("", ""), ("鍋", "🫖"), ("%", "%"), ("a%2", "25"), (&secret[..5], &secret[3..])] {
            let text = [before, form, behind].concat();
            assert_eq!(sign::without(&text, &[secret]), [before, "***", behind].concat(), "{text}");
        }
    }
    // In a truncated text, a part of at least ten characters is recognized.
    for form in [secret, &twice] {
        for cut in 40..form.len() {
            for end in ["", "`, which is no time", "…"] {
                let hidden = sign::without(&[&form[..cut], end].concat(), &[secret]);
                assert_eq!(hidden, ["***", end].concat(), "{form} cut at {cut}");
            }
        }
    }
    assert_eq!(sign::without("nothing", &["", "else"]), "nothing");
    // `%2525` has two interpretations.
    for form in ["tok%2Fen=%25&x", "tok%252Fen%3D%2525%26x", "tok%25252Fen%253d%252525%2526x", "tok%2Fen%3d%25%26x"] {
        assert_eq!(sign::without(&["a", form, "b"].concat(), &["tok%2Fen=%25&x"]), "a***b", "{form}");
    }
    let percents = "%25".repeat(40);
    let text = percents.repeat(1000);
    assert!(!sign::without(&text, &[&percents]).contains(&percents));
}

#[test]
fn keys_with_additional_characters() {
    let with = |id: &str, secret: &str, token: Option<&str>| {
        Credentials {
            access_key_id: id.into(),
            access_key_secret: secret.into(),
            security_token: token.map(str::to_owned),
        }
        .problem()
    };
    assert_eq!(with("id", "secret", Some("t+/=")), None);
    assert_eq!(with("", "secret", None).unwrap(), "`accessKeyId` is empty");
    assert!(with("id", "secret\n", None).unwrap().starts_with("`accessKeySecret` has a blank"));
    assert!(!with("id", "hidden \n", None).unwrap().contains("hidden"));
    assert!(with("id", "secret", Some("")).unwrap().contains("securityToken"));
}

#[test]
fn nonces_look_like_uuids() {
    assert_eq!(sign::nonce([0; 16]), "00000000-0000-4000-8000-000000000000");
    assert_eq!(sign::nonce([0xFF; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert!(sign::same("abc", "abc") && !sign::same("abc", "abd") && !sign::same("abc", "ab"));
}

fn pairs(list: &Value) -> Vec<(&str, &str)> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())).collect()
}
