//! One definition, written in several ways.

use serde_json::Value;

use super::Dice;

/// Every text in double quotes, every collection in a block.
pub fn plain(definition: &Value) -> String {
    let mut text = String::new();
    Writer { quotes: 0, step: 2, remarks: None }.node(definition, 0, &mut text);
    text
}

/// With comments, blank lines, other quotes and indentation, or as JSON.
pub fn other(definition: &Value, dice: &mut Dice) -> String {
    if dice.one_in(3) {
        let json = serde_json::to_string_pretty(definition).unwrap();
        let lines = json.lines().map(|line| match dice.below(6) {
            0 => format!("{line} # said here: {{}}"),
            1 => format!("\n# a line: of its own\n{line}"),
            _ => line.to_owned(),
        });
        return lines.collect::<Vec<_>>().join("\n") + "\n";
    }
    let mut text = "# begins\n\n".to_owned();
    let (quotes, step) = (1 + dice.below(2), 1 + dice.below(4) as usize);
    Writer { quotes, step, remarks: Some(dice) }.node(definition, 0, &mut text);
    text
}

struct Writer<'d> {
    quotes: u64,
    step: usize,
    remarks: Option<&'d mut Dice>,
}

impl Writer<'_> {
    fn node(&mut self, value: &Value, indent: usize, text: &mut String) {
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.entry(&(self.scalar(&Value::from(key.as_str())) + ":"), value, indent, text);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.entry("-", item, indent, text);
                }
            }
            _ => text.push_str(&self.scalar(value)),
        }
    }

    fn entry(&mut self, head: &str, value: &Value, indent: usize, text: &mut String) {
        let remark = self.remarks.as_mut().map_or(9, |dice| dice.below(10));
        if remark == 0 {
            text.push_str("\n  # on its own, 'with' \"quotes\"\n");
        }
        text.push_str(&" ".repeat(indent));
        text.push_str(head);
        let empty = value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(|o| o.is_empty());
        if (value.is_object() || value.is_array()) && !empty {
            text.push_str(if remark == 1 { "  # behind\n" } else { "\n" });
            return self.node(value, indent + self.step, text);
        }
        text.push(' ');
        text.push_str(&if empty { value.to_string() } else { self.scalar(value) });
        text.push_str(if remark == 2 { " # behind\n" } else { "\n" });
    }

    fn scalar(&self, value: &Value) -> String {
        let Value::String(text) = value else { return value.to_string() };
        let word = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.$-".contains(&b))
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
        match self.quotes {
            1 => format!("'{}'", text.replace('\'', "''")),
            2 if word => text.clone(),
            _ => value.to_string(),
        }
    }
}
