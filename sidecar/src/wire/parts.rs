//! What messages are made of: content, its parts, tool calls.
//!
//! One table for all providers. Gateways translate between their formats and leave
//! parts of one in bodies of another, so a part is read by its type wherever it
//! stands.

use engine::text::Role;

use super::json::Kind;
use super::{LeafKind, Reader};

/// Members of a tool's description, and of the schema of its arguments, that the
/// model reads as prose. All others are structure.
const PROSE: &[&str] = &[
    "description",
    "title",
    "$comment",
    "default",
    "examples",
    "enum",
    "const",
];

/// Members of results and citations that say something.
const CITED: &[&str] = &[
    "cited_text",
    "document_title",
    "filename",
    "logs",
    "quote",
    "source",
    "stderr",
    "stdout",
    "text",
    "title",
    "url",
];

impl Reader<'_, '_> {
    /// A string, or a list of parts.
    pub(super) fn content(&mut self, node: u32, role: Role) {
        match self.tree.kind(node) {
            Kind::Word => {}
            Kind::Array => {
                let tree = self.tree;
                for part in tree.items(node) {
                    self.part(part, role);
                }
            }
            // One part without its list: some gateways send it so.
            Kind::Object => self.part(node, role),
            _ => self.string(node, role),
        }
    }

    fn part(&mut self, node: u32, role: Role) {
        if self.tree.kind(node) != Kind::Object {
            return self.content_in_content(node, role);
        }
        let kind = self.word(node, "type");
        let role = match kind.as_deref() {
            Some("tool_use" | "server_tool_use" | "mcp_tool_use") => Role::Tool,
            Some("document" | "search_result") => Role::Document,
            Some(kind) if kind.ends_with("tool_result") => Role::Tool,
            // Thinking too is whose the message is: rules that look away from the
            // model must not look away from a user who sends such a part.
            _ => role,
        };
        match kind.as_deref() {
            Some(
                "text" | "input_text" | "output_text" | "summary_text" | "reasoning_text"
                | "refusal" | "thinking" | "reasoning" | "tool_use" | "server_tool_use"
                | "mcp_tool_use" | "document" | "search_result",
            ) => {}
            Some("image" | "image_url" | "input_image" | "computer_screenshot") => {
                self.unjudged(node, "image")
            }
            Some("audio" | "input_audio" | "output_audio") => self.unjudged(node, "audio"),
            Some("video" | "video_url" | "input_video") => self.unjudged(node, "video"),
            Some("file" | "input_file" | "container_upload") => self.unjudged(node, "file"),
            Some("redacted_thinking") => self.unjudged(node, "encrypted"),
            Some(kind) if kind.ends_with("tool_result") => {}
            Some(_) => self.unjudged(node, "part of an unknown type"),
            // Without a type, or with two: what it says is screened.
            None if self.tree.members(node).any(|(key, _)| {
                matches!(&*self.tree.string(key), "text" | "value" | "content")
            }) => {}
            None => self.unjudged(node, "part of an unknown type"),
        }
        // Members are read by name, whatever the type says: a part that lies about
        // its type hides nothing.
        let tree = self.tree;
        let from = self.found.leaves.len();
        for (key, value) in tree.members(node) {
            match &*tree.string(key) {
                "text" | "value" | "refusal" | "thinking" | "reasoning" | "transcript" => {
                    self.content(value, role)
                }
                "context" | "title" => self.string_if_any(value, role),
                "content" => self.result(value, role),
                "input" => self.tool_input(value),
                "source" => self.source(value, role),
                "file" | "input_audio" | "audio" => {
                    self.under(value, &["filename", "transcript"], role)
                }
                "filename" => self.string_if_any(value, role),
                "annotations" | "citations" => self.under(value, CITED, Role::Document),
                _ => {}
            }
        }
        self.echoes(node, from);
    }

    fn string_if_any(&mut self, node: u32, role: Role) {
        if self.tree.kind(node) == Kind::String {
            self.string(node, role);
        }
    }

    /// A list in a list, or a bare value, where a part should stand.
    fn content_in_content(&mut self, node: u32, role: Role) {
        if self.tree.kind(node) != Kind::Word {
            self.all(node, role);
        }
    }

    /// What a tool gave back: content, or an object of the tool's own.
    fn result(&mut self, node: u32, role: Role) {
        let tree = self.tree;
        let items = match tree.kind(node) {
            Kind::Array => tree.items(node).collect(),
            Kind::Object => vec![node],
            _ => return self.content(node, role),
        };
        for item in items {
            let kind = match tree.kind(item) {
                Kind::Object => self.word(item, "type"),
                _ => None,
            };
            match kind.as_deref() {
                // A page that a search found, the output of a program.
                Some(kind) if kind.ends_with("_result") && kind != "search_result" => {
                    self.under(item, CITED, role);
                    self.encrypted(item);
                }
                _ => self.part(item, role),
            }
        }
    }

    fn encrypted(&mut self, object: u32) {
        for (key, value) in self.tree.members(object) {
            let is_text = self.tree.kind(value) == Kind::String;
            if is_text && self.tree.string(key).starts_with("encrypted_") {
                self.unjudged(value, "encrypted");
            }
        }
    }

    /// Where an attachment comes from: text in the body, or something else.
    fn source(&mut self, node: u32, role: Role) {
        let tree = self.tree;
        if tree.kind(node) != Kind::Object {
            return self.string_if_any(node, role);
        }
        let kind = self.word(node, "type");
        for (key, value) in tree.members(node) {
            match (&*tree.string(key), kind.as_deref()) {
                ("data", Some("text")) => self.string(value, role),
                ("content", _) => self.content(value, role),
                ("data", _) if role == Role::Document => self.unjudged(value, "file"),
                ("url" | "file_id", _) if role == Role::Document => self.unjudged(value, "file"),
                _ => {}
            }
        }
    }

    /// What a function is called with: JSON in a string, by contract.
    pub(super) fn arguments(&mut self, node: u32) {
        self.document(node, Role::Tool, LeafKind::Fragment);
    }

    /// What another tool is called with: JSON, JSON in a string, or plain text.
    pub(super) fn tool_input(&mut self, node: u32) {
        self.document(node, Role::Tool, LeafKind::Text);
    }

    /// `function` or `custom` of a tool call, or an old `function_call`.
    pub(super) fn call(&mut self, node: u32) {
        let tree = self.tree;
        for (key, value) in tree.members(node) {
            match &*tree.string(key) {
                "arguments" => self.arguments(value),
                "input" => self.tool_input(value),
                _ => {}
            }
        }
    }

    /// What tools, or the shape of an answer, are described by.
    pub(super) fn described(&mut self, node: u32) {
        self.under(node, PROSE, Role::Developer);
    }

    /// What results and sources say.
    pub(super) fn cited(&mut self, node: u32, role: Role) {
        self.under(node, CITED, role);
    }

    /// A member of a message whose name says nothing to us: named if it may hold
    /// speech.
    pub(super) fn unknown(&mut self, node: u32) {
        let silent = match self.tree.kind(node) {
            Kind::Word | Kind::Number => true,
            Kind::String => self.tree.raw(node).is_empty(),
            _ => self.tree.node(node).next == node + 1,
        };
        if !silent {
            self.unjudged(node, "member of an unknown name");
        }
    }
}
