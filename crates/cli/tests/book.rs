//! What the book says is so: its descriptions are descriptions, and its tutorial runs, line by line, on all of MNIST.

mod desk;

use std::fs;
use std::path::Path;

use desk::Desk;

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

/// The blocks of that kind, in their order; without a kind, `""`.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let parts: Vec<&str> = page.split("```").collect();
    assert!(parts.len() % 2 == 1, "every block ends");
    let blocks = parts.iter().skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    blocks.filter(|(found, _)| *found == kind).map(|(_, text)| text.to_owned()).collect()
}

#[test]
fn every_description_in_the_book_is_one() {
    let desk = Desk::new();
    let descriptions = blocks(&page("descriptions.md"), "toml");
    assert_eq!(descriptions.len(), 2);
    for description in descriptions {
        desk.write("described.toml", &description);
        desk.succeed("show described.toml");
    }
}

#[test]
fn the_tutorial_runs() {
    let desk = Desk::new();
    let tutorial = page("trainer.md");
    let [description] = &blocks(&tutorial, "toml")[..] else { panic!("one description") };
    desk.write("mine.toml", description);
    let test = gradbook_mnist::mnist_test().unwrap();
    fs::write(desk.path("digit.pgm"), [b"P5 28 28 255\n", test.image(0)].concat()).unwrap();

    let commands = blocks(&tutorial, "").concat();
    let commands: Vec<&str> = commands.lines().map(|line| line.strip_prefix("gradbook ").unwrap()).collect();
    assert!(commands.len() >= 10);
    let answers: Vec<String> = commands.iter().map(|command| desk.succeed(command)).collect();
    // The test images begin with a seven.
    assert!(answers[answers.len() - 1].contains("digit.pgm: 7 ("), "{}", answers[answers.len() - 1]);
    assert!(desk.path("runs/swift-seed2/result.json").exists() && !desk.path("runs/swift-seed2/checkpoint").exists());
}
