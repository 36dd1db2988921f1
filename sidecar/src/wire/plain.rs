//! The plain formats: one text, or a list of texts.

use engine::text::Role;

use super::json::Kind;
use super::{LeafKind, Misshapen, Reader, role};

/// One string.
pub(super) fn text(reader: &mut Reader<'_, '_>) -> Result<(), Misshapen> {
    reader.expect(0, Kind::String, "a string")?;
    let speaker = reader.speaker;
    reader.leaf(0, speaker, LeafKind::Text);
    Ok(())
}

/// Strings, or objects of `role` and `text`. The shape is ours, so it is exact.
pub(super) fn texts(reader: &mut Reader<'_, '_>) -> Result<(), Misshapen> {
    reader.expect(0, Kind::Array, "a list")?;
    let tree = reader.tree;
    for item in tree.items(0) {
        if tree.kind(item) == Kind::String {
            let speaker = reader.speaker;
            reader.leaf(item, speaker, LeafKind::Text);
            continue;
        }
        reader.expect(item, Kind::Object, "a string or an object of role and text")?;
        let speaker = named(reader, item)?;
        let mut has_text = false;
        for (key, value) in tree.members(item) {
            if tree.string(key) == "text" {
                reader.expect(value, Kind::String, "a string")?;
                reader.leaf(value, speaker, LeafKind::Text);
                has_text = true;
            }
        }
        if !has_text {
            let expected = "an object with a member `text`";
            return Err(Misshapen {
                node: item,
                expected,
            });
        }
    }
    Ok(())
}

fn named(reader: &Reader<'_, '_>, item: u32) -> Result<Role, Misshapen> {
    let mut named = None;
    for (key, value) in reader.tree.members(item) {
        if reader.tree.string(key) != "role" {
            continue;
        }
        let expected = "system, developer, user, assistant, tool or document";
        reader.expect(value, Kind::String, expected)?;
        let Some(role) = role(&reader.tree.string(value)) else {
            return Err(Misshapen {
                node: value,
                expected,
            });
        };
        if named.is_some_and(|named| named != role) {
            let expected = "given once";
            return Err(Misshapen {
                node: value,
                expected,
            });
        }
        named = Some(role);
    }
    Ok(named.unwrap_or(reader.speaker))
}
