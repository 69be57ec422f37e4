//! The words of headers.

/// Words that make an activation of a unit's name, and words that make its weighted sum of it.
pub(super) const AFTER: [&str; 9] =
    ["output", "out", "activation", "activated", "sigmoid", "after", "final", "calculated", "tanh"];
pub(super) const BEFORE: [&str; 5] = ["input", "net", "sum", "weighted", "before"];

/// Words that say nothing.
pub(super) const FILLERS: [&str; 19] = [
    "the", "of", "for", "value", "values", "neuron", "node", "unit", "wrt", "respect", "to", "layer", "calc",
    "computed", "current", "old", "initial", "present", "weighted",
];

pub(super) const NEW: [&str; 8] = ["new", "next", "updated", "upd", "after", "plus", "prime", "tnew"];

/// The error of all outputs.
pub(super) const TOTAL: [&str; 28] = [
    "sumerrors",
    "errorsum",
    "errors",
    "sumerror",
    "e",
    "et",
    "etot",
    "etotal",
    "error",
    "totalerror",
    "errortotal",
    "toterror",
    "loss",
    "totalloss",
    "losstotal",
    "losst",
    "cost",
    "totalcost",
    "l",
    "lt",
    "ltotal",
    "j",
    "c",
    "totale",
    "mse",
    "sse",
    "sume",
    "err",
];

/// Phrases and words of other languages, without accents.
const PHRASES: [(&str, &str); 3] = [
    ("tasa de aprendizaje", "learning rate"),
    ("taux d'apprentissage", "learning rate"),
    ("tasso di apprendimento", "learning rate"),
];
const WORDS: [(&str, &str); 52] = [
    // German
    ("eingabe", "input"),
    ("eingang", "input"),
    ("ziel", "target"),
    ("zielwert", "target"),
    ("sollwert", "target"),
    ("gewicht", "weight"),
    ("gewichte", "weights"),
    ("netzeingabe", "net"),
    ("nettoeingabe", "net"),
    ("summe", "sum"),
    ("ausgabe", "output"),
    ("ausgang", "output"),
    ("aktivierung", "activation"),
    ("fehler", "error"),
    ("gesamtfehler", "total error"),
    ("gesamt", "total"),
    ("lernrate", "learning rate"),
    ("schritt", "step"),
    ("epoche", "epoch"),
    ("ableitung", "derivative"),
    ("neu", "new"),
    ("neues", "new"),
    ("alt", "old"),
    // Spanish
    ("entrada", "input"),
    ("objetivo", "target"),
    ("peso", "weight"),
    ("sesgo", "bias"),
    ("suma", "sum"),
    ("salida", "output"),
    ("activacion", "activation"),
    ("perdida", "loss"),
    ("paso", "step"),
    ("epoca", "epoch"),
    ("derivada", "derivative"),
    ("gradiente", "gradient"),
    ("nuevo", "new"),
    // French
    ("entree", "input"),
    ("cible", "target"),
    ("poids", "weight"),
    ("biais", "bias"),
    ("somme", "sum"),
    ("sortie", "output"),
    ("erreur", "error"),
    ("totale", "total"),
    ("perte", "loss"),
    ("etape", "step"),
    ("epoque", "epoch"),
    ("derivee", "derivative"),
    ("nouveau", "new"),
    // Italian, where it is not like Spanish
    ("ingresso", "input"),
    ("uscita", "output"),
    ("errore", "error"),
];

/// The text with these words in English.
pub(super) fn in_english(text: &str) -> String {
    let mut text = text.to_owned();
    for (phrase, english) in PHRASES {
        text = text.replace(phrase, english);
    }
    let mut english = String::new();
    let mut rest = text.as_str();
    while let Some(letter) = rest.chars().next() {
        let is_letter = letter.is_alphabetic();
        let end = rest.find(|letter: char| letter.is_alphabetic() != is_letter).unwrap_or(rest.len());
        let word = &rest[..end];
        english.push_str(WORDS.iter().find(|(foreign, _)| *foreign == word).map_or(word, |(_, english)| english));
        rest = &rest[end..];
    }
    english
}
