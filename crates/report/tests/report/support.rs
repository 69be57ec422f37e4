//! Markup that is read as strictly as possible, and a text that is as awkward as possible.

use quick_xml::Reader;
use quick_xml::events::Event;

pub(crate) const CURIOUS: &str =
    "a|b <c> \"d\", $e$ _f_ *g* & `h`\u{1}\nand a name that goes on and on and on, longer than any column";

/// All texts between tags and in attributes.
///
/// # Panics
/// If a tag is not closed, an entity unknown or an attribute without quotes.
pub(crate) fn texts(markup: &str) -> Vec<String> {
    let mut reader = Reader::from_str(markup);
    let mut open = 0;
    let mut texts = vec![String::new()];
    loop {
        let event = reader.read_event().expect("well-formed markup");
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    let attribute = attribute.expect("an attribute with a quoted value");
                    texts.push(attribute.value.to_string());
                }
                open += i32::from(matches!(event, Event::Start(_)));
                texts.push(String::new());
            }
            Event::End(_) => {
                open -= 1;
                texts.push(String::new());
            }
            Event::Text(text) => texts.last_mut().unwrap().push_str(text),
            Event::GeneralRef(entity) => {
                let known = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"')];
                let name = entity.to_string();
                let (_, character) = known.iter().find(|(known, _)| *known == name).expect("a known entity");
                texts.last_mut().unwrap().push(*character);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open, 0, "elements are still open");
    texts
}
