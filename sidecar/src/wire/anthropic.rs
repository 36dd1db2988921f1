//! Anthropic's messages, requests and answers.

use engine::text::Role;

use super::json::Kind;
use super::{Misshapen, Reader, openai};

/// A request (`messages`, `system`, `tools`) or an answer (`content`).
///
/// Blocks of thinking are screened like all that the model says. Their signature
/// is the provider's and does not outlive an edit: the provider refuses an edited
/// block that is sent back.
pub(super) fn messages(reader: &mut Reader<'_, '_>) -> Result<(), Misshapen> {
    let expected = "an object with `messages` or `content`";
    reader.expect(0, Kind::Object, expected)?;
    let tree = reader.tree;
    let mut speaks = false;
    for (key, value) in tree.members(0) {
        match &*tree.string(key) {
            "messages" => openai::messages(reader, value)?,
            "content" => {
                let role = reader.role(0).unwrap_or(Role::Assistant);
                reader.content(value, role);
            }
            "system" => {
                reader.content(value, Role::System);
                continue;
            }
            "tools" => {
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
