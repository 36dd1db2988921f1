//! What each format names, and that writing back changes nothing else.

use std::fmt::Write;

use super::*;

/// A small generator of its own (SplitMix64), so that every run is the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
}

fn of(format: Format, body: &str) -> Body<'_> {
    let reading = Reading {
        at: "",
        speaker: Role::User,
    };
    read(format, body.as_bytes(), reading).unwrap()
}

/// One line a leaf, then one line a thing unjudged.
fn told(format: Format, body: &str) -> String {
    let body = of(format, body);
    let all: Vec<usize> = (0..body.leaves().len()).collect();
    let mut out = String::new();
    for (leaf, path) in body.leaves().iter().zip(body.paths(&all, &[])) {
        let kind = match leaf.kind {
            LeafKind::Text => "",
            LeafKind::Number => " number",
            LeafKind::Key => " key",
            LeafKind::Fragment => " fragment",
        };
        writeln!(out, "{path} {:?}{kind}: {}", leaf.role, leaf.text()).unwrap();
    }
    for Unjudged { path, reason } in body.unjudged() {
        writeln!(out, "{path} unjudged: {reason}").unwrap();
    }
    out
}

#[track_caller]
fn tells(format: Format, body: &str, expected: &[&str]) {
    let told = told(format, body);
    assert_eq!(told.lines().collect::<Vec<_>>(), expected);
}

/// Edits that replace every `needle` in every leaf.
fn edits(body: &Body<'_>, needle: &str, with: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (text, leaf) in body.leaves().iter().enumerate() {
        for (start, _) in leaf.text().match_indices(needle) {
            edits.push(Edit {
                text,
                span: Span::new(start, start + needle.len()),
                replacement: with.to_owned(),
            });
        }
    }
    edits
}

#[track_caller]
fn rewrites(format: Format, body: &str, expected: &str) {
    let body = of(format, body);
    let edits = edits(&body, "Anna", "[name]");
    assert!(!edits.is_empty());
    assert_eq!(body.rewrite(&edits, false), expected);
}

#[test]
fn a_text_is_one_string() {
    tells(Format::Text, r#" "I am \u0041nna" "#, &[" User: I am Anna"]);
    rewrites(Format::Text, r#" "I am \u0041nna" "#, r#" "I am [name]" "#);
}

#[test]
fn texts_are_strings_or_say_who_speaks() {
    tells(
        Format::Texts,
        r#"["a", "", {"text": "b", "role": "document"}, {"role": "system", "text": "c"}, {"text": "d"}]"#,
        &[
            "/0 User: a",
            "/1 User: ",
            "/2/text Document: b",
            "/3/text System: c",
            "/4/text User: d",
        ],
    );
}

#[test]
fn messages_name_content_parts_names_and_calls() {
    tells(
        Format::Messages,
        r#"[
          {"role": "system", "content": "be kind"},
          {"content": [
             {"type": "text", "text": "look"},
             {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
             {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
             {"type": "file", "file": {"filename": "cv Anna.pdf", "file_data": "JVBERi0="}},
             {"type": "hologram", "text": "hello", "rays": "zzz"},
             "bare"
           ], "role": "user", "name": "Anna"},
          {"role": "assistant", "content": null, "refusal": "no", "tool_calls": [
             {"id": "t1", "type": "function", "function": {"name": "mail", "arguments": "{\"to\": [\"a@b.com\"], \"n\": 41.5, \"ok\": true}"}},
             {"id": "t2", "type": "custom", "custom": {"name": "sh", "input": "ls /home"}}
           ]},
          {"role": "assistant", "function_call": {"name": "f", "arguments": "\"one\""}},
          {"role": "tool", "tool_call_id": "t1", "content": "sent"},
          {"role": "function", "name": "f", "content": "old"},
          {"role": "pirate", "content": "arr", "x_vendor": {"say": "hi"}, "x_empty": []}
        ]"#,
        &[
            "/0/content System: be kind",
            "/1/content/0/text User: look",
            "/1/content/3/file/filename User: cv Anna.pdf",
            "/1/content/4/text User: hello",
            "/1/content/5 User: bare",
            "/1/name User: Anna",
            "/2/refusal Assistant: no",
            "/2/tool_calls/0/function/arguments#/to#key Tool key: to",
            "/2/tool_calls/0/function/arguments#/to/0 Tool: a@b.com",
            "/2/tool_calls/0/function/arguments#/n#key Tool key: n",
            "/2/tool_calls/0/function/arguments#/n Tool number: 41.5",
            "/2/tool_calls/0/function/arguments#/ok#key Tool key: ok",
            "/2/tool_calls/1/custom/input Tool: ls /home",
            "/3/function_call/arguments# Tool: one",
            "/4/content Tool: sent",
            "/5/name Tool: f",
            "/5/content Tool: old",
            "/6/content User: arr",
            "/1/content/1 unjudged: image",
            "/1/content/2 unjudged: audio",
            "/1/content/3 unjudged: file",
            "/1/content/4 unjudged: part of an unknown type",
            "/6/x_vendor unjudged: member of an unknown name",
        ],
    );
}

#[test]
fn chat_requests_keep_tools_apart_from_what_users_say() {
    tells(
        Format::OpenaiChat,
        r#"{"model": "m", "user": "u1", "tools": [{"type": "function", "function": {
              "name": "get_weather", "description": "Ask Anna",
              "parameters": {"type": "object", "properties": {"loc": {
                "type": "string", "title": "Place", "enum": ["Rome", "Oslo"], "pattern": "^x$"}}}}}],
            "prediction": {"type": "content", "content": "maybe"},
            "messages": [{"role": "user", "content": "hi"}]}"#,
        &[
            "/tools/0/function/description Developer: Ask Anna",
            "/tools/0/function/parameters/properties/loc/title Developer: Place",
            "/tools/0/function/parameters/properties/loc/enum/0 Developer: Rome",
            "/tools/0/function/parameters/properties/loc/enum/1 Developer: Oslo",
            "/prediction/content Assistant: maybe",
            "/messages/0/content User: hi",
        ],
    );
    tells(
        Format::OpenaiChat,
        r#"{"prompt": ["one", "two"], "suffix": "end"}"#,
        &["/prompt/0 User: one", "/prompt/1 User: two"],
    );
    tells(
        Format::OpenaiChat,
        r#"{"prompt": [464, 3290]}"#,
        &["/prompt unjudged: tokens"],
    );
}

#[test]
fn chat_answers_name_every_choice() {
    tells(
        Format::OpenaiChat,
        r#"{"id": "x", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Sure", "reasoning_content": "hm",
              "annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.b/c", "title": "C", "start_index": 1}}]}},
            {"index": 1, "message": {"role": "assistant", "content": null, "audio": {"id": "a", "data": "UklGRg==", "transcript": "spoken"}}},
            {"index": 2, "delta": {"content": "piece"}},
            {"index": 3, "text": "older"}], "usage": {"total_tokens": 3}}"#,
        &[
            "/choices/0/message/content Assistant: Sure",
            "/choices/0/message/reasoning_content Assistant: hm",
            "/choices/0/message/annotations/0/url_citation/url Document: https://a.b/c",
            "/choices/0/message/annotations/0/url_citation/title Document: C",
            "/choices/1/message/audio/transcript Assistant: spoken",
            "/choices/2/delta/content Assistant: piece",
            "/choices/3/text Assistant: older",
            "/choices/1/message/audio unjudged: audio",
        ],
    );
}

#[test]
fn responses_name_items_of_request_and_answer() {
    tells(
        Format::OpenaiResponses,
        r#"{"model": "m", "instructions": "be brief", "input": "hi"}"#,
        &["/instructions System: be brief", "/input User: hi"],
    );
    tells(
        Format::OpenaiResponses,
        r#"{"input": [
            {"role": "developer", "content": "rules"},
            {"type": "message", "role": "user", "content": [
               {"type": "input_text", "text": "see"}, {"type": "input_image", "image_url": "data:x"},
               {"type": "input_file", "filename": "a.pdf", "file_data": "JVBE"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"q\":\"x\"}"},
            {"type": "function_call_output", "call_id": "c", "output": "done"},
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "part"}]},
            {"type": "computer_call_output", "output": {"type": "computer_screenshot", "image_url": "data:x"}},
            {"type": "item_reference", "id": "i"},
            {"type": "telepathy", "text": "thought"}],
           "prompt": {"id": "p", "variables": {"city": "Rome", "doc": {"type": "input_text", "text": "t"}}}}"#,
        &[
            "/input/0/content Developer: rules",
            "/input/1/content/0/text User: see",
            "/input/1/content/2/filename User: a.pdf",
            "/input/2/arguments#/q#key Tool key: q",
            "/input/2/arguments#/q Tool: x",
            "/input/3/output Tool: done",
            "/input/4/output/0/text Tool: part",
            "/input/7/text User: thought",
            "/prompt/variables/city User: Rome",
            "/prompt/variables/doc/text User: t",
            "/input/1/content/1 unjudged: image",
            "/input/1/content/2 unjudged: file",
            "/input/5/output unjudged: image",
            "/input/7 unjudged: item of an unknown type",
        ],
    );
    tells(
        Format::OpenaiResponses,
        r#"{"output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "so"}],
             "content": [{"type": "reasoning_text", "text": "because"}], "encrypted_content": "gAAA"},
            {"type": "web_search_call", "action": {"type": "search", "query": "Anna"}},
            {"type": "code_interpreter_call", "code": "print(1)", "outputs": [{"type": "logs", "logs": "1"}]},
            {"type": "mcp_call", "name": "n", "arguments": "{}", "output": "out"},
            {"type": "image_generation_call", "result": "iVBOR"},
            {"type": "message", "role": "assistant", "content": [
               {"type": "output_text", "text": "Hi", "annotations": [{"type": "file_citation", "filename": "f.txt", "index": 0}]},
               {"type": "refusal", "refusal": "no"}]}]}"#,
        &[
            "/output/0/summary/0/text Assistant: so",
            "/output/0/content/0/text Assistant: because",
            "/output/1/action/type Tool: search",
            "/output/1/action/query Tool: Anna",
            "/output/2/code Tool: print(1)",
            "/output/2/outputs/0/logs Tool: 1",
            "/output/3/output Tool: out",
            "/output/5/content/0/text Assistant: Hi",
            "/output/5/content/0/annotations/0/filename Document: f.txt",
            "/output/5/content/1/refusal Assistant: no",
            "/output/0/encrypted_content unjudged: encrypted",
            "/output/4 unjudged: image",
        ],
    );
}

#[test]
fn anthropic_names_blocks_of_request_and_answer() {
    tells(
        Format::AnthropicMessages,
        r#"{"model": "m", "max_tokens": 9, "system": [{"type": "text", "text": "sys"}],
            "tools": [{"name": "t", "description": "d", "input_schema": {"type": "object"}}],
            "messages": [
              {"role": "user", "content": "mail a@b.com"},
              {"role": "assistant", "content": [
                 {"type": "thinking", "thinking": "hm", "signature": "s"},
                 {"type": "redacted_thinking", "data": "x"},
                 {"type": "tool_use", "id": "u", "name": "n", "input": {"to": {"mail": "c@d.com"}, "n": 5}}]},
              {"role": "user", "content": [
                 {"type": "tool_result", "tool_use_id": "u", "content": "plain"},
                 {"type": "tool_result", "tool_use_id": "u", "content": [
                    {"type": "text", "text": "block"},
                    {"type": "image", "source": {"type": "base64", "data": "iVBO"}}]},
                 {"type": "document", "title": "T", "context": "C", "source": {"type": "text", "media_type": "text/plain", "data": "letter"}},
                 {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "inside"}]}},
                 {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}},
                 {"type": "search_result", "source": "https://s", "title": "S", "content": [{"type": "text", "text": "found"}]}]}]}"#,
        &[
            "/system/0/text System: sys",
            "/tools/0/description Developer: d",
            "/messages/0/content User: mail a@b.com",
            "/messages/1/content/0/thinking Assistant: hm",
            "/messages/1/content/2/input/to#key Tool key: to",
            "/messages/1/content/2/input/to/mail#key Tool key: mail",
            "/messages/1/content/2/input/to/mail Tool: c@d.com",
            "/messages/1/content/2/input/n#key Tool key: n",
            "/messages/1/content/2/input/n Tool number: 5",
            "/messages/2/content/0/content Tool: plain",
            "/messages/2/content/1/content/0/text Tool: block",
            "/messages/2/content/2/title Document: T",
            "/messages/2/content/2/context Document: C",
            "/messages/2/content/2/source/data Document: letter",
            "/messages/2/content/3/source/content/0/text Document: inside",
            "/messages/2/content/5/source Document: https://s",
            "/messages/2/content/5/title Document: S",
            "/messages/2/content/5/content/0/text Document: found",
            "/messages/1/content/1 unjudged: encrypted",
            "/messages/2/content/1/content/1 unjudged: image",
            "/messages/2/content/4/source/data unjudged: file",
        ],
    );
    tells(
        Format::AnthropicMessages,
        r#"{"type": "message", "role": "assistant", "content": [
              {"type": "text", "text": "Hi", "citations": [{"type": "char_location", "cited_text": "quoted", "document_title": "T"}]},
              {"type": "web_search_tool_result", "content": [
                 {"type": "web_search_result", "title": "W", "url": "https://w", "encrypted_content": "Eq"}]}]}"#,
        &[
            "/content/0/text Assistant: Hi",
            "/content/0/citations/0/cited_text Document: quoted",
            "/content/0/citations/0/document_title Document: T",
            "/content/1/content/0/title Tool: W",
            "/content/1/content/0/url Tool: https://w",
            "/content/1/content/0/encrypted_content unjudged: encrypted",
        ],
    );
}

#[test]
fn json_names_every_leaf_and_pointers_are_escaped() {
    tells(
        Format::Json,
        r#"{"a/b": {"m~n": [1, -2.5e3, "x", null, true]}, "": "y", "a/b": "again"}"#,
        &[
            "/a~1b#key User key: a/b",
            "/a~1b/m~0n#key User key: m~n",
            "/a~1b/m~0n/0 User number: 1",
            "/a~1b/m~0n/1 User number: -2.5e3",
            "/a~1b/m~0n/2 User: x",
            "/#key User key: ",
            "/ User: y",
            "/a~1b#key User key: a/b",
            "/a~1b User: again",
        ],
    );
    tells(Format::Json, "17", &[" User number: 17"]);
}

#[test]
fn doubles_and_disguises_hide_nothing() {
    // Readers differ on which of two members counts.
    tells(
        Format::Messages,
        r#"[{"role": "system", "content": "a", "role": "user", "content": "b", "cont\u0065nt": "c"}]"#,
        &[
            "/0/content User: a",
            "/0/content User: b",
            "/0/content User: c",
        ],
    );
    tells(
        Format::Messages,
        r#"[{"role": "user", "content": [{"type": "image_url", "type": "text", "text": "a"},
            {"type": "image_url", "text": "b"}, {"text": "c"}, {"content": "d"}, ["e", {"f": 1}], 7, null],
            "content": {"type": "text", "text": "g"}}]"#,
        &[
            "/0/content/0/text User: a",
            "/0/content/1/text User: b",
            "/0/content/2/text User: c",
            "/0/content/3/content User: d",
            "/0/content/4/0 User: e",
            "/0/content/4/1/f#key User key: f",
            "/0/content/4/1/f User number: 1",
            "/0/content/5 User number: 7",
            "/0/content/text User: g",
            "/0/content/1 unjudged: image",
        ],
    );
}

#[test]
fn what_users_say_is_not_the_models_whatever_part_they_send() {
    tells(
        Format::Messages,
        r#"[{"role": "user", "refusal": "a", "reasoning": "b", "content": [
            {"type": "thinking", "thinking": "c"}, {"type": "text", "text": {"value": "d"}}]}]"#,
        &[
            "/0/refusal User: a",
            "/0/reasoning User: b",
            "/0/content/0/thinking User: c",
            "/0/content/1/text/value User: d",
        ],
    );
}

#[test]
fn arguments_stay_json_inside_their_string() {
    rewrites(
        Format::Messages,
        r#"[{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"to\": \"Anna\\nBo\\u0062 \\\"Anna\\\" \u00e9\\/\" , \"n\":1}"}}]}]"#,
        r#"[{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"to\": \"[name]\\nBo\\u0062 \\\"[name]\\\" \u00e9\\/\" , \"n\":1}"}}]}]"#,
    );
    // A number becomes a string there too.
    let sent = r#"[{"tool_calls":[{"function":{"arguments":"{\"ssn\":219091203,\"n\":1}"}}]}]"#;
    let body = of(Format::Messages, sent);
    let masked = body.rewrite(&edits(&body, "219091203", "[us-ssn]"), false);
    assert_eq!(
        masked,
        r#"[{"tool_calls":[{"function":{"arguments":"{\"ssn\":\"[us-ssn]\",\"n\":1}"}}]}]"#
    );
}

#[test]
fn arguments_that_do_not_parse_are_read_with_escapes_undone() {
    // Cut off, as a stream leaves them; `\\u0041nna` would slip through as text.
    let sent = r#"[{"tool_calls":[{"function":{"arguments":"{\"é\":\"\\u0041nna \\x"}}]}]"#;
    let body = of(Format::Messages, sent);
    let leaf = &body.leaves()[0];
    assert_eq!(leaf.kind, LeafKind::Fragment);
    assert_eq!(leaf.text(), "{\"é\":\"Anna \\x");
    assert_eq!(body.path(0, &[]), "/0/tool_calls/0/function/arguments");
    let edits = edits(&body, "Anna", "[\"name\"]");
    // In the string at the path stands {"é":"\u0041nna \x
    let spans = [edits[0].span];
    assert_eq!(body.offsets(0, &spans, Unit::Codepoint), [(6, 15)]);
    assert_eq!(body.offsets(0, &spans, Unit::Byte), [(7, 16)]);
    assert_eq!(
        body.rewrite(&edits, false),
        r#"[{"tool_calls":[{"function":{"arguments":"{\"é\":\"[\\\"name\\\"] \\x"}}]}]"#
    );
}

#[test]
fn keys_are_rewritten_only_on_demand_and_hidden_in_paths() {
    let sent = r#"{"x": 0, "Anna": {"city": "Anna lives"}}"#;
    let body = of(Format::Json, sent);
    let edits = edits(&body, "Anna", "[name]");
    assert_eq!(
        body.rewrite(&edits, false),
        r#"{"x": 0, "Anna": {"city": "[name] lives"}}"#
    );
    assert_eq!(
        body.rewrite(&edits, true),
        r#"{"x": 0, "[name]": {"city": "[name] lives"}}"#
    );
    let found: Vec<usize> = edits.iter().map(|edit| edit.text).collect();
    assert_eq!(found, [2, 4]);
    assert_eq!(
        body.paths(&found, &found),
        ["/[key 1]#key", "/[key 1]/city"]
    );
    assert_eq!(
        body.paths(&[4, 2, 4], &[]),
        ["/Anna/city", "/Anna#key", "/Anna/city"]
    );
    // A long key would be repeated for every finding below it.
    let sent = format!(r#"{{"{}": {{"{}": 1}}}}"#, "k".repeat(129), "k".repeat(128));
    let path = of(Format::Json, &sent).path(2, &[]);
    assert_eq!(path, format!("/[key 0]/{}", "k".repeat(128)));
    // What is unjudged has no leaves to say which keys were found.
    let sent = r#"[{"role": "user", "a@b.com": "x"}]"#;
    let unjudged = of(Format::Messages, sent).unjudged();
    assert_eq!(unjudged[0].path, "/0/[key 1]");
}

#[test]
fn numbers_become_strings_only_when_touched() {
    let sent = r#"{"card": 4111111111111111, "n": 1.50}"#;
    let body = of(Format::Json, sent);
    let masked = body.rewrite(&edits(&body, "4111111111111111", "•••• 1111"), false);
    assert_eq!(masked, r#"{"card": "•••• 1111", "n": 1.50}"#);
}

#[test]
fn log_probabilities_go_with_the_text_they_repeat() {
    let sent = r#"{"choices":[
        {"logprobs":{"content":[{"token":"An"},{"token":"na"}]},"message":{"content":"Anna"},"logprobs":5},
        {"logprobs":{"content":[{"token":"Bob"}]},"message":{"content":"Bob"},"logprobs":{}}]}"#;
    rewrites(
        Format::OpenaiChat,
        sent,
        r#"{"choices":[
        {"logprobs":null,"message":{"content":"[name]"},"logprobs":null},
        {"logprobs":{"content":[{"token":"Bob"}]},"message":{"content":"Bob"},"logprobs":{}}]}"#,
    );
    rewrites(
        Format::OpenaiResponses,
        r#"{"output":[{"type":"message","content":[{"type":"output_text","text":"Anna","logprobs":[{"token":"Anna"}]}]}]}"#,
        r#"{"output":[{"type":"message","content":[{"type":"output_text","text":"[name]","logprobs":[]}]}]}"#,
    );
}

#[test]
fn lone_surrogates_are_read_as_replacement_and_written_as_they_came() {
    let sent = r#"["\ud83d Anna \ude00\ud83d", "\ud83d\ude00 \ud83dAnna\ude00", "\ud83d\u0041nna", "\uD83D\ud83d\ude00"]"#;
    let body = of(Format::Texts, sent);
    let texts: Vec<&str> = body.texts().iter().map(|text| text.body).collect();
    assert_eq!(
        texts,
        [
            "\u{fffd} Anna \u{fffd}\u{fffd}",
            "😀 \u{fffd}Anna\u{fffd}",
            "\u{fffd}Anna",
            "\u{fffd}😀"
        ]
    );
    rewrites(
        Format::Texts,
        sent,
        r#"["\ud83d [name] \ude00\ud83d", "\ud83d\ude00 \ud83d[name]\ude00", "\ud83d[name]", "\uD83D\ud83d\ude00"]"#,
    );
    // An edit takes the half pair with it.
    let edit = Edit {
        text: 1,
        span: Span::new(5, 12),
        replacement: "[x]".into(),
    };
    let masked = body.rewrite(&[edit], false);
    assert!(masked.contains(r#""\ud83d\ude00 [x]\ude00""#), "{masked}");
}

#[test]
fn offsets_count_in_the_decoded_string() {
    let body = of(Format::Text, r#""\ud83d\ude00 \u00e9 Anna""#);
    let spans = [Span::new(8, 12), Span::new(0, 4), Span::new(8, 8)];
    assert_eq!(
        body.offsets(0, &spans, Unit::Byte),
        [(8, 12), (0, 4), (8, 8)]
    );
    assert_eq!(
        body.offsets(0, &spans, Unit::Codepoint),
        [(4, 8), (0, 1), (4, 4)]
    );
    assert_eq!(
        body.offsets(0, &spans, Unit::Utf16),
        [(5, 9), (0, 2), (5, 5)]
    );
    assert_eq!(body.offsets(9, &spans, Unit::Utf16), [(0, 0); 3]);
}

#[test]
fn units_agree_with_counting_one_by_one() {
    let mut dice = Dice(1);
    for _ in 0..300 {
        let text: String = (0..dice.roll(40))
            .map(|_| dice.pick(&['a', 'é', '张', '😀', '\u{fffd}', '\u{ffff}', '\u{10000}']))
            .collect();
        let ends: Vec<usize> = text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect();
        let spans: Vec<Span> = (0..dice.roll(6))
            .map(|_| {
                let (a, b) = (dice.pick(&ends), dice.pick(&ends));
                Span::new(a.min(b), a.max(b))
            })
            .collect();
        let slow = |count: &dyn Fn(&str) -> usize| -> Vec<(usize, usize)> {
            let upto = |at: u32| count(&text[..at as usize]);
            spans.iter().map(|s| (upto(s.start), upto(s.end))).collect()
        };
        assert_eq!(units::convert(&text, &spans, Unit::Byte), slow(&str::len));
        assert_eq!(
            units::convert(&text, &spans, Unit::Codepoint),
            slow(&|t| t.chars().count())
        );
        assert_eq!(
            units::convert(&text, &spans, Unit::Utf16),
            slow(&|t| t.encode_utf16().count())
        );
    }
}

#[test]
fn faults_say_where_and_never_what() {
    let reading = Reading {
        at: "/body",
        speaker: Role::User,
    };
    for (format, body, message) in [
        (Format::Text, "[\"Anna\"]", "/body should be a string"),
        (Format::Texts, "\"Anna\"", "/body should be a list"),
        (
            Format::Texts,
            "[[\"Anna\"]]",
            "/body/0 should be a string or an object of role and text",
        ),
        (
            Format::Texts,
            r#"["a", {"role": "user"}]"#,
            "/body/1 should be an object with a member `text`",
        ),
        (
            Format::Texts,
            r#"[{"text": 5}]"#,
            "/body/0/text should be a string",
        ),
        (
            Format::Texts,
            r#"[{"text": "a", "role": "Anna"}]"#,
            "/body/0/role should be system, developer, user, assistant, tool or document",
        ),
        (
            Format::Texts,
            r#"[{"text": "a", "role": "user", "role": "tool"}]"#,
            "/body/0/role should be given once",
        ),
        (
            Format::Messages,
            r#"["Anna"]"#,
            "/body/0 should be a message",
        ),
        (
            Format::OpenaiChat,
            r#"{"Anna": []}"#,
            "/body should be an object with `messages` or `choices`",
        ),
        (
            Format::OpenaiChat,
            r#"{"messages": {}}"#,
            "/body/messages should be a list of messages",
        ),
        (
            Format::OpenaiChat,
            r#"{"choices": [1]}"#,
            "/body/choices/0 should be a choice",
        ),
        (
            Format::OpenaiResponses,
            r#"{"messages": []}"#,
            "/body should be an object with `input` or `output`",
        ),
        (
            Format::AnthropicMessages,
            r#"{"system": "Anna"}"#,
            "/body should be an object with `messages` or `content`",
        ),
        (
            Format::Json,
            r#"{"Anna" 5}"#,
            "not JSON: a colon is missing at byte 8",
        ),
        (Format::Json, "", "not JSON: it ends too early at byte 0"),
    ] {
        let error = read(format, body.as_bytes(), reading).unwrap_err();
        assert_eq!(error.to_string(), message, "{body}");
    }
    let error = read(Format::Text, b"\"\xff\"", reading).unwrap_err();
    assert_eq!(error.to_string(), "not JSON: it is not UTF-8 at byte 1");
}

#[test]
fn depth_is_limited_and_costs_no_stack() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let reading = Reading {
        at: "",
        speaker: Role::User,
    };
    assert!(read(Format::Json, nested(64).as_bytes(), reading).is_ok());
    for deep in [65, 1_000_000] {
        let error = read(Format::Json, nested(deep).as_bytes(), reading).unwrap_err();
        assert_eq!(error, WireError::TooDeep { limit: 64 });
    }
    // Inside a string it is text.
    let inner = nested(65);
    let sent = format!(r#"[{{"tool_calls":[{{"function":{{"arguments":"{inner}"}}}}]}}]"#);
    assert_eq!(of(Format::Messages, &sent).leaves()[0].text(), inner);
    // The walk that recurses is as deep as the body is, with every format.
    let parts = format!("{}1{}", r#"{"content":["#.repeat(31), "]}".repeat(31));
    assert_eq!(
        of(Format::Messages, &format!("[{parts}]")).leaves().len(),
        1
    );
}

/// Random JSON as it is sent, and as it should come back.
struct Sent {
    dice: Dice,
    /// Pieces: as sent, and as expected; both are the same where nothing is planted.
    pieces: Vec<(String, String)>,
    planted: usize,
}

/// Nothing around a plant is made of these.
const PLANT: &str = "zq7@plant.example";
const PLANT_NUMBER: &str = "9988776655";
const INSTEAD: &str = "[pl\"a\\nt]";

/// The one way our writer escapes.
fn canonical(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

impl Sent {
    fn raw(&mut self, text: &str) {
        self.pieces.push((text.to_owned(), text.to_owned()));
    }

    fn space(&mut self) {
        let space = self.dice.pick(&["", "", "", " ", "\n\t"]);
        self.raw(space);
    }

    /// `text` as the inside of a string, escaped as the dice say.
    fn escaped(dice: &mut Dice, text: &str) -> String {
        let mut out = String::new();
        for c in text.chars() {
            let must = matches!(c, '"' | '\\') || c < ' ';
            match dice.roll(6) {
                0 | 1 if must && matches!(c, '"' | '\\') => out.extend(['\\', c]),
                0 if c == '/' => out.push_str("\\/"),
                0 | 1 if c == '\n' => out.push_str("\\n"),
                roll if must || roll == 0 => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(out, "\\u{unit:04x}").unwrap();
                    }
                }
                _ => out.push(c),
            }
        }
        out
    }

    fn string(&mut self) {
        self.raw("\"");
        for _ in 0..self.dice.roll(4) {
            match self.dice.roll(5) {
                0 => {
                    let sent = Sent::escaped(&mut self.dice, PLANT);
                    self.pieces.push((sent, canonical(INSTEAD)));
                    self.planted += 1;
                }
                1 => {
                    let half = self.dice.pick(&["\\ud83d", "\\uDe00", "\\uD83D\\ude00"]);
                    self.raw(half);
                }
                _ => {
                    let around = [
                        "a", "é", "张伟", "😀", "\"", "\\", "/", "\n", "\u{1}", "\u{2028}",
                        "e\u{301}", "{", "]",
                    ];
                    let around = self.dice.pick(&around);
                    let sent = Sent::escaped(&mut self.dice, around);
                    self.raw(&sent);
                }
            }
        }
        self.raw("\"");
    }

    fn number(&mut self) {
        let sign = self.dice.pick(&["", "-"]);
        let tail = self.dice.pick(&["", ".5", "e3"]);
        if self.dice.roll(2) == 0 {
            let sent = format!("{sign}{PLANT_NUMBER}{tail}");
            let expected = format!("\"{sign}{}{tail}\"", canonical(INSTEAD));
            self.pieces.push((sent, expected));
            self.planted += 1;
        } else {
            let digits = self.dice.pick(&["0", "12"]);
            self.raw(&format!("{sign}{digits}{tail}"));
        }
    }

    fn value(&mut self, depth: usize) {
        self.space();
        match self.dice.roll(if depth == 0 { 4 } else { 7 }) {
            0..=1 => self.string(),
            2 => self.number(),
            3 => {
                let word = self.dice.pick(&["true", "false", "null"]);
                self.raw(word);
            }
            4 => {
                self.raw("[");
                for i in 0..self.dice.roll(4) {
                    if i > 0 {
                        self.raw(",");
                    }
                    self.value(depth - 1);
                }
                self.raw("]");
            }
            _ => {
                self.raw("{");
                for i in 0..self.dice.roll(4) {
                    if i > 0 {
                        self.raw(",");
                    }
                    self.space();
                    self.string();
                    self.space();
                    self.raw(":");
                    self.value(depth - 1);
                }
                self.raw("}");
            }
        }
        self.space();
    }

    /// What `make` adds, as the inside of a string.
    fn within_a_string(&mut self, make: impl FnOnce(&mut Sent)) {
        let outside = std::mem::take(&mut self.pieces);
        make(self);
        let inside = std::mem::replace(&mut self.pieces, outside);
        self.raw("\"");
        for (sent, expected) in inside {
            let same = sent == expected;
            let sent = Sent::escaped(&mut self.dice, &sent);
            let expected = if same {
                sent.clone()
            } else {
                canonical(&expected)
            };
            self.pieces.push((sent, expected));
        }
        self.raw("\"");
    }

    /// A body of a random format.
    fn body(&mut self) -> Format {
        let (before, after, format) = self.dice.pick(&[
            ("", "", Format::Json),
            (r#"[{"role":"user","content":["#, "]}]", Format::Messages),
            (r#"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"zz","function":{"arguments":"#, "}}]}]}", Format::OpenaiChat),
            (r#"{"input":[{"type":"function_call","arguments":"#, "}]}", Format::OpenaiResponses),
            (r#"{"messages":[{"role":"assistant","content":[{"type":"tool_use","input":["#, "]}]}]}", Format::AnthropicMessages),
        ]);
        self.raw(before);
        match format {
            Format::OpenaiChat | Format::OpenaiResponses => {
                // Now and then not JSON: read as a fragment.
                let cut = self.dice.roll(4) == 0;
                self.within_a_string(|sent| {
                    if cut {
                        sent.raw("{\"q\": ");
                        sent.string();
                    } else {
                        sent.value(3);
                    }
                });
            }
            Format::Messages => self.string(),
            _ => self.value(4),
        }
        self.raw(after);
        format
    }

    fn whole(&self) -> (String, String) {
        let sent = self.pieces.iter().map(|(sent, _)| sent.as_str()).collect();
        let expected = self
            .pieces
            .iter()
            .map(|(_, expected)| expected.as_str())
            .collect();
        (sent, expected)
    }
}

#[test]
fn planted_values_go_and_nothing_else_changes() {
    let mut sent = Sent {
        dice: Dice(20),
        pieces: Vec::new(),
        planted: 0,
    };
    for round in 0..10_000 {
        let before = sent.planted;
        let format = loop {
            sent.pieces.clear();
            let format = sent.body();
            if sent.planted > before {
                break format;
            }
        };
        let (text, expected) = sent.whole();

        let body = of(format, &text);
        let mut all = edits(&body, PLANT, INSTEAD);
        all.extend(edits(&body, PLANT_NUMBER, INSTEAD));
        all.sort_by_key(|edit| (edit.text, edit.span));
        assert_eq!(all.len(), sent.planted - before, "round {round}: {text}");

        let masked = body.rewrite(&all, true);
        assert_eq!(masked, expected, "round {round}: {text}");
        serde_json::from_str::<serde::de::IgnoredAny>(&masked).unwrap();
        let twice = json::undo_escapes(&json::undo_escapes(&masked));
        assert!(
            !twice.contains(PLANT) && !twice.contains(PLANT_NUMBER),
            "round {round}"
        );
        assert_eq!(body.rewrite(&[], true), text);
    }
}

#[test]
fn leaves_are_where_their_paths_point() {
    let mut sent = Sent {
        dice: Dice(21),
        pieces: Vec::new(),
        planted: 0,
    };
    let mut seen = 0;
    for _ in 0..6_000 {
        sent.pieces.clear();
        sent.value(4);
        let (text, _) = sent.whole();
        // serde_json refuses lone surrogates and drops doubled keys.
        let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else {
            continue;
        };
        let body = of(Format::Json, &text);
        let all: Vec<usize> = (0..body.leaves().len()).collect();
        let paths = body.paths(&all, &[]);
        let mut distinct = paths.clone();
        distinct.sort();
        distinct.dedup();
        if distinct.len() < paths.len() {
            continue;
        }
        for (leaf, path) in body.leaves().iter().zip(&paths) {
            match leaf.kind {
                LeafKind::Key => {
                    assert!(value.pointer(path.strip_suffix("#key").unwrap()).is_some())
                }
                LeafKind::Number => assert!(value.pointer(path).unwrap().is_number()),
                _ => assert_eq!(value.pointer(path).unwrap(), leaf.text()),
            }
            seen += 1;
        }
    }
    assert!(seen > 3_000, "{seen}");
}

#[test]
fn exactly_json_is_accepted() {
    let mut dice = Dice(22);
    let mut sent = Sent {
        dice: Dice(23),
        pieces: Vec::new(),
        planted: 0,
    };
    let accepted = |text: &str| {
        let serde = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        let ours = Tree::parse(text).is_ok();
        assert_eq!(ours, serde, "{text:?}");
        ours
    };
    let (mut good, mut bad) = (0, 0);
    for _ in 0..4_000 {
        sent.pieces.clear();
        sent.value(4);
        let mut text: Vec<char> = sent.whole().0.chars().collect();
        for _ in 0..dice.roll(3) {
            let c = dice.pick(&[
                '"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', 'u', ' ', '\n',
                '\u{b}', '\u{7f}', 't', '+', '\u{a0}',
            ]);
            let at = dice.roll(text.len() + 1);
            match (dice.roll(3), at < text.len()) {
                (0, true) => drop(text.remove(at)),
                (1, true) => text[at] = c,
                _ => text.insert(at, c),
            }
        }
        match accepted(&text.into_iter().collect::<String>()) {
            true => good += 1,
            false => bad += 1,
        }
    }
    assert!(good > 1_000 && bad > 1_000, "{good} {bad}");
    for text in [
        "",
        " ",
        "nul",
        "nulll",
        "tru",
        "01",
        "-",
        "-0",
        "1.",
        ".5",
        "1e",
        "1e+",
        "1E-9",
        "+1",
        "NaN",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{1:2}",
        "[",
        "]",
        "{",
        "}",
        "[}",
        "{]",
        "\"",
        "\"\\",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\x\"",
        "\"\t\"",
        "\"\u{7f}\"",
        "1 2",
        "[1 2]",
        "\u{feff}1",
        "{\"a\":1 \"b\":2}",
        "'a'",
        "[,1]",
        "\"abcdefgh\\n12345678\"",
        "\"1234567\u{1f}\"",
        "\"12345678\u{1f}\"",
    ] {
        accepted(text);
    }
}

#[test]
fn no_body_and_no_edit_breaks_the_json() {
    let mut dice = Dice(24);
    let mut sent = Sent {
        dice: Dice(25),
        pieces: Vec::new(),
        planted: 0,
    };
    let formats = [
        Format::Text,
        Format::Texts,
        Format::Messages,
        Format::OpenaiChat,
        Format::OpenaiResponses,
        Format::AnthropicMessages,
        Format::Json,
    ];
    let reading = Reading {
        at: "/x",
        speaker: Role::Assistant,
    };
    let mut rewritten = 0;
    for _ in 0..1_500 {
        sent.pieces.clear();
        sent.body();
        // Words of the formats in wrong places reach what plain dice would not.
        let mut text = sent.whole().0;
        for _ in 0..dice.roll(3) {
            let words = [
                "\"content\"",
                "\"text\"",
                "\"input\"",
                "\"arguments\"",
                "\"source\"",
                "\"messages\"",
                "\"choices\"",
                "\"logprobs\"",
                "\"document\"",
                "\"tool_result\"",
                "null",
                "{}",
                "[]",
                "7",
            ];
            let strings: Vec<(usize, &str)> = text.match_indices('"').collect();
            let at = dice.roll(strings.len().max(2) - 1);
            if let (Some(&(start, _)), Some(&(end, _))) = (strings.get(at), strings.get(at + 1)) {
                text.replace_range(start..=end, dice.pick(&words));
            }
        }
        for format in formats {
            let Ok(body) = read(format, text.as_bytes(), reading) else {
                continue;
            };
            let leaves = body.leaves().len();
            let mut edits = Vec::new();
            for _ in 0..dice.roll(4) {
                let (start, len) = (dice.roll(30), dice.roll(20));
                edits.push(Edit {
                    text: dice.roll(leaves + 1),
                    span: Span::new(start, start + len),
                    replacement: dice.pick(&["[x]", "\"", "\\", "\n\u{1}"]).to_owned(),
                });
            }
            edits.sort_by_key(|edit| (edit.text, edit.span));
            let masked = body.rewrite(&edits, true);
            serde_json::from_str::<serde::de::IgnoredAny>(&masked).unwrap();
            // Whatever was read as JSON inside a string is JSON still.
            for inner in &of(format, &masked).found.inner {
                serde_json::from_str::<serde::de::IgnoredAny>(inner.tree.text()).unwrap();
            }
            let documents = |body: &Body<'_>| body.found.inner.len();
            let again = of(format, &masked);
            assert!(documents(&again) >= documents(&body), "{text}");
            let all: Vec<usize> = (0..leaves).collect();
            assert!(
                body.paths(&all, &all)
                    .iter()
                    .all(|path| path.starts_with("/x"))
            );
            for edit in &edits {
                body.offsets(edit.text, &[edit.span], Unit::Utf16);
            }
            rewritten += 1;
        }
    }
    assert!(rewritten > 1_500, "{rewritten}");
}
