//! OpenAI's chat completions and responses, requests and answers.
//!
//! Request and answer are told apart by their members, not by the caller: a body
//! with `messages` and `choices` has both read.

use engine::text::Role;

use super::json::Kind;
use super::{Misshapen, Reader};

/// A list of messages.
pub(super) fn messages(reader: &mut Reader<'_, '_>, node: u32) -> Result<(), Misshapen> {
    reader.expect(node, Kind::Array, "a list of messages")?;
    let tree = reader.tree;
    for item in tree.items(node) {
        reader.expect(item, Kind::Object, "a message")?;
        let role = reader.role(item).unwrap_or(reader.speaker);
        message(reader, item, role);
    }
    Ok(())
}

fn message(reader: &mut Reader<'_, '_>, node: u32, role: Role) {
    let tree = reader.tree;
    for (key, value) in tree.members(node) {
        match &*tree.string(key) {
            "content" => reader.content(value, role),
            "name" if tree.kind(value) == Kind::String => reader.string(value, role),
            "refusal" | "reasoning" | "reasoning_content" => reader.content(value, role),
            "tool_calls" => {
                for call in tree.items(value) {
                    for (key, value) in tree.members(call) {
                        if matches!(&*tree.string(key), "function" | "custom") {
                            reader.call(value);
                        }
                    }
                }
            }
            "function_call" => reader.call(value),
            "audio" if tree.kind(value) == Kind::Object => {
                reader.unjudged(value, "audio");
                for (key, value) in tree.members(value) {
                    if tree.string(key) == "transcript" {
                        reader.content(value, role);
                    }
                }
            }
            "annotations" | "citations" => reader.cited(value, Role::Document),
            "thinking_blocks" | "reasoning_details" => reader.content(value, role),
            "role" | "id" | "tool_call_id" | "type" | "status" | "phase" | "cache_control" => {}
            _ => reader.unknown(value),
        }
    }
}

/// A request (`messages`, or `prompt` of the older API) or an answer (`choices`).
pub(super) fn chat(reader: &mut Reader<'_, '_>) -> Result<(), Misshapen> {
    let expected = "an object with `messages` or `choices`";
    reader.expect(0, Kind::Object, expected)?;
    let tree = reader.tree;
    let mut speaks = false;
    for (key, value) in tree.members(0) {
        match &*tree.string(key) {
            "messages" => messages(reader, value)?,
            "choices" => choices(reader, value)?,
            "prompt" => {
                // Numbers are tokens of a vocabulary we do not have.
                let numbers = |node| {
                    let mut nodes = node..tree.node(node).next;
                    nodes.any(|at| tree.kind(at) == Kind::Number)
                };
                if numbers(value) {
                    reader.unjudged(value, "tokens");
                }
                for at in value..tree.node(value).next {
                    if tree.kind(at) == Kind::String {
                        let speaker = reader.speaker;
                        reader.string(at, speaker);
                    }
                }
            }
            "prediction" => {
                for (key, value) in tree.members(value) {
                    if tree.string(key) == "content" {
                        reader.content(value, Role::Assistant);
                    }
                }
                continue;
            }
            "tools" | "functions" | "response_format" => {
                reader.described(value);
                continue;
            }
            _ => continue,
        }
        speaks = true;
    }
    if speaks {
        Ok(())
    } else {
        Err(Misshapen { node: 0, expected })
    }
}

fn choices(reader: &mut Reader<'_, '_>, node: u32) -> Result<(), Misshapen> {
    reader.expect(node, Kind::Array, "a list of choices")?;
    let tree = reader.tree;
    for choice in tree.items(node) {
        reader.expect(choice, Kind::Object, "a choice")?;
        let from = reader.found.leaves.len();
        for (key, value) in tree.members(choice) {
            match &*tree.string(key) {
                "message" | "delta" if tree.kind(value) == Kind::Object => {
                    let role = reader.role(value).unwrap_or(Role::Assistant);
                    message(reader, value, role);
                }
                "message" | "delta" | "text" => reader.content(value, Role::Assistant),
                _ => {}
            }
        }
        reader.echoes(choice, from);
    }
    Ok(())
}

/// A request (`input`) or an answer (`output`) of the responses API.
pub(super) fn responses(reader: &mut Reader<'_, '_>) -> Result<(), Misshapen> {
    let expected = "an object with `input` or `output`";
    reader.expect(0, Kind::Object, expected)?;
    let tree = reader.tree;
    let mut speaks = false;
    for (key, value) in tree.members(0) {
        match &*tree.string(key) {
            "input" => {
                let speaker = reader.speaker;
                items(reader, value, speaker);
            }
            "output" => items(reader, value, Role::Assistant),
            "output_text" => reader.content(value, Role::Assistant),
            "instructions" => {
                items(reader, value, Role::System);
                continue;
            }
            "prompt" => {
                for (key, value) in tree.members(value) {
                    if tree.string(key) == "variables" {
                        for (_, value) in tree.members(value) {
                            reader.content(value, Role::User);
                        }
                        speaks = true;
                    }
                }
                continue;
            }
            "tools" | "text" => {
                reader.described(value);
                continue;
            }
            _ => continue,
        }
        speaks = true;
    }
    if speaks {
        Ok(())
    } else {
        Err(Misshapen { node: 0, expected })
    }
}

/// A string, or a list of items.
fn items(reader: &mut Reader<'_, '_>, node: u32, speaker: Role) {
    let tree = reader.tree;
    if tree.kind(node) != Kind::Array {
        return reader.content(node, speaker);
    }
    for item in tree.items(node) {
        if tree.kind(item) == Kind::Object {
            self::item(reader, item, speaker);
        } else {
            reader.content(item, speaker);
        }
    }
}

fn item(reader: &mut Reader<'_, '_>, node: u32, speaker: Role) {
    let kind = reader.word(node, "type");
    let is_message = matches!(kind.as_deref(), None | Some("message"));
    let role = reader.role(node).unwrap_or(speaker);
    let tree = reader.tree;
    match kind.as_deref() {
        None | Some("message" | "reasoning" | "item_reference" | "compaction") => {}
        Some("image_generation_call") => reader.unjudged(node, "image"),
        Some(kind)
            if kind.ends_with("_call") || kind.ends_with("_output") || kind.starts_with("mcp_") => {
        }
        // A part that stands where an item should.
        Some(kind) if kind.starts_with("input_") || kind.starts_with("output_") => {
            return reader.content(node, role);
        }
        Some(_) => reader.unjudged(node, "item of an unknown type"),
    }
    for (key, value) in tree.members(node) {
        match &*tree.string(key) {
            "content" if is_message => reader.content(value, role),
            "content" | "summary" => reader.content(value, Role::Assistant),
            "text" | "refusal" => reader.content(value, role),
            "name" if is_message && tree.kind(value) == Kind::String => reader.string(value, role),
            "arguments" => reader.arguments(value),
            "input" => reader.tool_input(value),
            "output" | "error" => reader.content(value, Role::Tool),
            "action" | "queries" | "code" | "operation" | "reason" => {
                reader.content_of_call(value);
            }
            "outputs" | "results" => reader.cited(value, Role::Tool),
            "tools" => reader.described(value),
            "encrypted_content" if tree.kind(value) == Kind::String => {
                reader.unjudged(value, "encrypted");
            }
            _ => {}
        }
    }
}

impl Reader<'_, '_> {
    /// What one of OpenAI's own tools is called with.
    fn content_of_call(&mut self, node: u32) {
        let tree = self.tree;
        for at in node..tree.node(node).next {
            if tree.kind(at) == Kind::String {
                self.string(at, Role::Tool);
            }
        }
    }
}
