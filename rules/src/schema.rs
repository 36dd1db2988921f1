//! The JSON schemas that editors complete and check rule files with.
//!
//! They come from the records of [`crate::written`], and `rules/schema/` holds
//! them as generated; a test keeps the two equal.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::written;

/// The schema files: their name in `rules/schema/`, and what they say.
pub fn files() -> Vec<(&'static str, String)> {
    vec![
        (
            "rules.schema.json",
            render::<written::RuleFile>("A file of rules of Lockgate"),
        ),
        (
            "pack.schema.json",
            render::<written::PackFile>("pack.yaml of Lockgate"),
        ),
        (
            "policy.schema.json",
            render::<written::PolicyFile>("A policy of Lockgate"),
        ),
    ]
}

fn render<T: JsonSchema>(title: &str) -> String {
    let root_name = T::schema_name().into_owned();
    let mut schema = SchemaGenerator::new(SchemaSettings::draft07())
        .into_root_schema_for::<T>()
        .to_value();
    tidy(&mut schema);
    for (name, required) in written::required_keys() {
        let record = if name == root_name {
            Some(&mut schema)
        } else {
            schema.pointer_mut(&format!("/definitions/{name}"))
        };
        if let Some(Value::Object(record)) = record {
            record.insert("required".to_owned(), Value::from(required));
        }
    }
    if let Value::Object(root) = &mut schema {
        root.insert("title".to_owned(), Value::from(title));
    }
    // A dependant may switch on serde_json's order of insertion; the files know one order.
    schema.sort_all_objects();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// A key that may be left out may not therefore be null: rule files have no
/// nothing. And what the schema library says about defaults is not ours.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(object) => {
            without_null(object);
            object.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn without_null(object: &mut Map<String, Value>) {
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            object.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    let Some(Value::Array(any)) = object.get_mut("anyOf") else {
        return;
    };
    any.retain(|one| one.get("type").is_none_or(|name| name != "null"));
    if let [Value::Object(one)] = any.as_slice() {
        let one = one.clone();
        object.remove("anyOf");
        object.extend(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_in_the_folder_are_fresh() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
        for (name, text) in files() {
            let path = folder.join(name);
            if std::env::var_os("BLESS").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
            let found = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                found == text,
                "{} is stale: run with BLESS=1",
                path.display()
            );
        }
    }

    #[test]
    fn says_what_is_required_and_forbids_the_unknown() {
        let (_, text) = files().remove(0);
        let schema: Value = serde_json::from_str(&text).unwrap();
        let rule = &schema["definitions"]["Rule"];
        assert_eq!(rule["additionalProperties"], false);
        let required = rule["required"].as_array().unwrap();
        assert!(required.contains(&Value::from("rationale")));
        assert!(!required.contains(&Value::from("views")));
        assert_eq!(rule["properties"]["severity"]["enum"][3], "critical");
        assert!(!text.contains("null"), "no key may be null");
    }
}
