//! The lesson as a page: what its one file promises.

use gradbook_lesson::Lesson;
use gradbook_recalculation::lesson;
use gradbook_workbook::page;
use quick_xml::Reader;
use quick_xml::events::Event;

const CURIOUS_NAME: &str = "<b>&\"";

/// The texts between tags, each with its element, and all attributes.
struct Parsed {
    texts: Vec<(String, String)>,
    attributes: Vec<(String, String)>,
}

impl Parsed {
    /// # Panics
    /// If a tag is not closed, an entity unknown or an attribute without quotes.
    fn of(page: &str) -> Parsed {
        let mut reader = Reader::from_str(page);
        let mut parsed = Parsed { texts: Vec::new(), attributes: Vec::new() };
        let mut open: Vec<String> = Vec::new();
        loop {
            let event = reader.read_event().expect("well-formed markup");
            match &event {
                Event::Start(tag) | Event::Empty(tag) => {
                    let name = tag.name().as_ref().to_owned();
                    for attribute in tag.attributes() {
                        let attribute = attribute.expect("an attribute with a quoted value");
                        let value = attribute.value.to_string();
                        parsed.attributes.push((attribute.key.as_ref().to_owned(), value));
                    }
                    if matches!(event, Event::Start(_)) {
                        open.push(name);
                    }
                }
                Event::End(_) => drop(open.pop()),
                Event::Text(text) => {
                    parsed.add(open.last(), text);
                }
                Event::GeneralRef(entity) => {
                    let known = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\"")];
                    let name = entity.to_string();
                    let (_, character) = known.iter().find(|(known, _)| *known == name).expect("a known entity");
                    parsed.add(open.last(), character);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        assert!(open.is_empty(), "{open:?} are still open");
        parsed
    }

    fn add(&mut self, element: Option<&String>, text: &str) {
        let element = element.cloned().unwrap_or_default();
        match self.texts.last_mut() {
            // An entity interrupts a text.
            Some((last, before)) if *last == element && matches!(element.as_str(), "title" | "h1") => {
                before.push_str(text);
            }
            _ => self.texts.push((element, text.to_owned())),
        }
    }

    fn texts_in(&self, element: &str) -> Vec<&str> {
        self.texts.iter().filter(|(name, _)| name == element).map(|(_, text)| text.trim()).collect()
    }
}

#[test]
fn every_shipped_lesson_is_a_well_formed_page_that_needs_nothing_else() {
    for shipped in gradbook_recalculation::SHIPPED
        .into_iter()
        .chain([gradbook_recalculation::TANH_3_4_2, gradbook_recalculation::RELU_2_3_1])
    {
        let page = page(&lesson(shipped));
        let parsed = Parsed::of(&page);
        let headings = parsed.texts_in("h2").join(" ");
        for part in ["Start", "Forward pass", "Backpropagation-1", "Backpropagation-4", "Update", "Gradient checks"] {
            assert!(headings.contains(part), "{part} is not in {headings}");
        }
        assert!(!page.contains("://") && !page.contains("<script") && !page.contains("@import"));
        let outside = parsed.attributes.iter().find(|(name, value)| {
            matches!(name.as_str(), "src" | "href" | "srcset" | "data") && !value.starts_with('#')
        });
        assert_eq!(outside, None);
        let ids: Vec<_> = parsed.attributes.iter().filter(|(name, _)| name == "id").map(|(_, id)| id).collect();
        for (_, link) in parsed.attributes.iter().filter(|(name, _)| name == "href") {
            assert!(ids.iter().any(|id| link[1..] == ***id), "{link} leads nowhere");
        }
        assert!(ids.iter().all(|id| ids.iter().filter(|other| *other == id).count() == 1), "{ids:?}");
    }
}

#[test]
fn a_page_names_its_parts_and_samples_as_the_derivation_does() {
    let several = page(&lesson(gradbook_recalculation::SHIPPED[4]));
    assert!(several.contains("All samples") && several.contains("sample 1 of 7"));
    let one = page(&lesson(gradbook_recalculation::CLASS));
    assert!(!one.contains("All samples") && one.contains("Backpropagation-5"));
}

#[test]
fn a_name_from_a_file_is_text_and_no_markup() {
    let named = Lesson { name: CURIOUS_NAME.to_owned(), ..lesson(gradbook_recalculation::CLASS) };
    let page = page(&named);
    let title = format!("Backpropagation: {CURIOUS_NAME}");
    let parsed = Parsed::of(&page);
    assert_eq!(parsed.texts_in("title")[0], title);
    assert_eq!(parsed.texts_in("h1"), [&title]);
}

#[test]
fn the_class_page_has_the_sigmoid_as_a_fraction_and_the_known_gradient() {
    let page = page(&lesson(gradbook_recalculation::CLASS));
    assert!(page.contains("<mn>0.0128808186</mn>"), "the gradient of w5");
    let step = page.split("<li>").find(|step| step.contains("its activation: the sigmoid function")).expect("a_h1");
    let spaced = " lspace=\"0.22em\" rspace=\"0.22em\"";
    let sigmoid = |z: &str| {
        format!(
            "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>1</mn><mo form=\"infix\"{spaced}>+</mo><msup><mi>e</mi><mrow>\
             <mo form=\"prefix\">−</mo>{z}</mrow></msup></mrow></mfrac>"
        )
    };
    assert!(step.contains(&sigmoid("<msub><mi>h</mi><mn>1</mn></msub>")), "{step}");
    assert!(step.contains(&sigmoid("<mn>0.0275</mn>")), "{step}");
    assert!(step.contains("<mn>0.506874567</mn>"), "{step}");
}

#[test]
fn inputs_values_stand_left_of_their_circles_and_outputs_right() {
    let page = page(&lesson(gradbook_recalculation::CLASS));
    let labels = [("i1 = 0.05", "end"), ("a_o1 = 0.6065", "start"), ("t1 = 0.5", "start"), ("E1 = 0.005669", "start")];
    for (text, anchor) in labels {
        let (before, _) = page.split_once(&format!(">{text}</text>")).expect(text);
        let tag = before.rsplit('<').next().expect("a tag");
        assert!(tag.contains(&format!(" {anchor}\"")), "{text}: {tag}");
    }
}

#[test]
fn no_number_is_a_negative_zero() {
    for shipped in gradbook_recalculation::SHIPPED {
        let page = page(&lesson(shipped));
        // A subtracted zero is none: its sign is infix.
        for sign in ["<mo form=\"prefix\">−</mo><mn>", "−"] {
            for after in page.split(sign).skip(1) {
                let number: String = after.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
                assert_ne!(number.parse(), Ok(0.0), "{}", after.chars().take(60).collect::<String>());
            }
        }
    }
}

#[test]
fn a_wrong_gradient_and_a_kink_are_called_so() {
    let mut wrong = lesson(gradbook_recalculation::CLASS);
    wrong.checks[2].quotient += 1e-6;
    let wrong = page(&wrong);
    assert_eq!(wrong.matches("<td class=\"wrong\">WRONG</td>").count(), 1);
    assert_eq!(wrong.matches("<td class=\"ok\">OK</td>").count(), 7);
    assert!(wrong.contains("1 of 8 gradients WRONG"));

    // h1 = 0.5 · 0.6 - 0.375 · 0.8 = 0 lies exactly at the kink.
    let kink = gradbook_recalculation::RELU_2_3_1
        .replace("[0.5, 0.25,", "[0.5, 0.375,")
        .replace("[0.1, -0.2, -0.9]", "[0.0, -0.2, -0.9]");
    let kink = page(&lesson(&kink));
    assert!(kink.contains("<td class=\"kink\">KINK</td>"));
    assert!(!kink.contains("WRONG</td>"));
}

#[test]
fn a_diverging_run_leaves_the_linear_drawing_and_stays_on_the_logarithmic_one() {
    let page = page(&lesson(gradbook_recalculation::SHIPPED[4]));
    assert!(page.contains("LR = 3 leaves this drawing at the top"));
    let logarithmic = page.split("id=\"logarithmic-title\"").nth(1).expect("a drawing");
    assert!(logarithmic.contains(">1E20</text>"));
    assert!(page.contains("DIVERGES"));
}
