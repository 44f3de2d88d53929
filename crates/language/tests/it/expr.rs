//! The parser of expressions. `tests/cases/expr/*.txt` contain lines `expression => tree`.

use cloudflow_language::expr::{Expr, ExprKind, StepKind, parse};

use cloudflow_tests::{cases, report};

/// The expression with the parentheses that the precedence implies.
fn tree(expr: &Expr<'_>) -> String {
    let list = |items: &[Expr<'_>], between: &str| items.iter().map(tree).collect::<Vec<_>>().join(between);
    match &expr.kind {
        ExprKind::Null => "null".to_owned(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Number(digits) => (*digits).to_owned(),
        ExprKind::Text(text) => format!("{text:?}"),
        ExprKind::Variable(name) => (*name).to_owned(),
        ExprKind::Path(base, steps) => {
            let mut out = tree(base);
            for step in steps {
                out += &match &step.kind {
                    StepKind::Member(name) => format!(".<{name}>"),
                    StepKind::Index(index) => format!("[{index}]"),
                    StepKind::All => "[*]".to_owned(),
                };
            }
            out
        }
        ExprKind::Call { name, args, .. } => format!("{name}({})", list(args, ", ")),
        ExprKind::Unary(op, operand) => format!("({op:?} {})", tree(operand)),
        ExprKind::Compare { op, left, right } => format!("({} {op:?} {})", tree(left), tree(right)),
        ExprKind::And(operands) => format!("({})", list(operands, " && ")),
        ExprKind::Or(operands) => format!("({})", list(operands, " || ")),
        ExprKind::Array(items) => format!("[{}]", list(items, ", ")),
        ExprKind::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, _, value)| format!("{key:?}: {}", tree(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

#[test]
fn expressions_are_read_as_expected() {
    let mut failures = Vec::new();
    for case in cases("expr", "txt") {
        let mut out = String::new();
        for line in case.read("txt").lines() {
            let text = line.split(" => ").next().unwrap().trim_end();
            if text.is_empty() || text.starts_with('#') {
                out += &format!("{line}\n");
                continue;
            }
            let answer = match parse(text) {
                Ok(parsed) => {
                    assert_eq!((parsed.expr.span.start, parsed.expr.span.end as usize), (0, text.len()), "{text}");
                    tree(&parsed.expr)
                }
                Err(mistake) => {
                    let span = mistake.span.unwrap();
                    format!("{}-{} {}", span.start, span.end, mistake.message)
                }
            };
            out += &format!("{text} => {answer}\n");
        }
        case.expect("txt", &out, &mut failures);
    }
    report("expr", failures);
}

/// Parsing any tokens ends, and all findings are inside the text.
#[test]
fn any_tokens_in_any_order_are_parsed() {
    let tokens = [
        "$", "$Input", ".", "a", "[", "]", "0", "*", "(", ")", "{", "}", ",", ":", "\"x\"", "\"", "'", "`", "\\\"",
        "==", "!", "-", "in", "&&", "||", "=", "f", "true", "1.5e3", " ", "\n", "名", "🎈", "@", "\\",
    ];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..cloudflow_tests::rounds(50_000) {
        let mut text = String::new();
        for _ in 0..seed % 12 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            text += tokens[(seed >> 8) as usize % tokens.len()];
        }
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        match parse(&text) {
            Ok(parsed) => {
                let span = parsed.expr.span;
                assert_eq!(text[span.start as usize..span.end as usize], *text.trim(), "{text:?}: {:?}", parsed.expr);
            }
            Err(mistake) => {
                let span = mistake.span.unwrap();
                assert!(span.start <= span.end && span.end as usize <= text.len(), "{text:?}: {mistake:?}");
            }
        }
    }
}

/// Excessive depth is a finding, not a stack overflow.
#[test]
fn excessive_depth_is_reported() {
    for open in ["(", "[", "!", "-", "f(", "{\"a\":", "$.a["] {
        assert!(parse(&open.repeat(100_000)).is_err(), "{open}");
    }
    for between in [" == 1", " in $"] {
        assert!(parse(&format!("1{}", between.repeat(100_000))).is_err(), "{between}");
    }
    for between in [" && 1", " || 1"] {
        assert!(parse(&format!("1{}", between.repeat(100_000))).is_ok(), "{between}");
    }
    assert!(parse(&format!("$.a{}", ".b[0]".repeat(100_000))).is_ok());
}
