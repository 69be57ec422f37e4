//! Digits on pictures.

use std::fs::{self, File};
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::desk::{Desk, lines};

#[test]
fn predict_answers_for_files_of_every_kind() {
    let desk = Desk::new();
    desk.digits();
    desk.succeed("train swift --epochs 1 --data digits --out run");
    let test = gradbook_data::mnist_test().unwrap();
    let idx = fs::read(desk.path("digits/t10k-images-idx3-ubyte")).unwrap();

    // A data set is taken as it is: the accuracy is that of `eval`.
    let answers = lines(&desk.succeed("predict run digits/t10k-images-idx3-ubyte --json"));
    let is_correct = |(answer, label): &(&Value, &u8)| answer["class"] == **label;
    let correct = answers.iter().zip(&test.labels).filter(is_correct).count();
    assert_eq!(
        (answers.len(), correct),
        (100, lines(&desk.succeed("eval run --json"))[0]["correct"].as_u64().unwrap() as usize)
    );
    let probabilities: Vec<f64> =
        answers[3]["probabilities"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).collect();
    assert!(probabilities.len() == 10 && (probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let class = answers[3]["class"].as_u64().unwrap() as usize;
    assert_eq!(answers[3]["probability"], probabilities[class]);
    assert!(probabilities.iter().all(|probability| *probability <= probabilities[class]));

    // What a file is, its content says; and the same pixels have the same answer.
    let mut packed = GzEncoder::new(File::create(desk.path("packed")).unwrap(), Compression::fast());
    packed.write_all(&idx).unwrap();
    packed.finish().unwrap();
    let png = |name: &str, side, colours, samples: &[u8]| {
        let mut encoder = png::Encoder::new(File::create(desk.path(name)).unwrap(), side, side);
        encoder.set_color(colours);
        encoder.write_header().unwrap().write_image_data(samples).unwrap();
    };
    png("three.png", 28, png::ColorType::Grayscale, test.image(3));
    fs::write(desk.path("three.txt"), [b"P5 28 28 255\n", test.image(3)].concat()).unwrap();
    let ascii: Vec<String> = test.image(3).iter().map(u8::to_string).collect();
    desk.write("ascii.pgm", &format!("P2 28 28 255\n{}\n", ascii.join("\n")));
    let same = lines(&desk.succeed("predict run packed --index 3-3 --json"));
    assert_eq!((&same[0]["index"], &same[0]["probabilities"]), (&3.into(), &answers[3]["probabilities"]));
    let same = lines(&desk.succeed("predict run three.png three.txt ascii.pgm --as-is --json"));
    assert!(same.len() == 3 && same.iter().all(|answer| answer["probabilities"] == answers[3]["probabilities"]));
    assert_eq!((&same[0]["file"], &same[0]["index"]), (&"three.png".into(), &Value::Null));

    // Dark on transparent, in colour, larger; JPEG: prepared, and drawn without colours, because this is no terminal.
    let ink = |at: usize| test.image(3)[at / 112 / 4 * 28 + at % 112 / 4];
    let pixels: Vec<u8> = (0..112 * 112).flat_map(|at| [20, 30, 90, ink(at)]).collect();
    png("large.png", 112, png::ColorType::Rgba, &pixels);
    fs::write(desk.path("large.jpg"), include_bytes!("pictures/large.jpg")).unwrap();
    let drawn = desk.succeed("predict run large.png large.jpg --show");
    assert_eq!(drawn.lines().count(), 2 * 29);
    assert!(!drawn.contains('\x1b') && drawn.contains("large.png: ") && drawn.contains(" %), then "), "{drawn}");
    assert_eq!(desk.succeed("predict run large.png").lines().count(), 1);

    // One bad file among others.
    desk.write("empty.png", "");
    let answer = desk.run("predict run empty.png three.png nowhere.png large.jpg --json");
    assert_eq!((answer.code, lines(&answer.stdout).len()), (Some(1), 2));
    for words in ["empty.png: the file is empty", "nowhere.png: cannot be read", "2 of 4 files: no prediction"] {
        assert!(answer.stderr.contains(words), "{}", answer.stderr);
    }

    let refused = |name: &str, bytes: &[u8], words: &[&str]| {
        fs::write(desk.path(name), bytes).unwrap();
        desk.fail(&format!("predict run {name}"), 1, &[&[name], words].concat());
    };
    let (png, jpeg) = (fs::read(desk.path("large.png")).unwrap(), fs::read(desk.path("large.jpg")).unwrap());
    refused("cut.png", &png[..png.len() / 2], &["PNG", "damaged or cut off"]);
    refused("cut.jpg", &jpeg[..jpeg.len() * 9 / 10], &["JPEG", "damaged or cut off"]);
    refused("cut.pgm", b"P5 28 28 255\n0123", &["PGM", "damaged or cut off"]);
    refused("huge.pgm", b"P5 99999 99999 255\n0123", &["99999 x 99999 pixels", "64 million"]);
    refused("photo.gif", b"GIF89a and more", &["GIF", "convert it to PNG"]);
    refused("letter.pdf", b"%PDF-1.7 and more", &["not those of a picture", "convert it to PNG"]);
    refused("blank.pgm", &[b"P5 28 28 255\n".as_slice(), &[255; 784]].concat(), &["no digit", "28 x 28"]);
    refused("cut.idx", &idx[..1000], &["1000 bytes", "100 x 28 x 28"]);
    refused("cut.gz", &fs::read(desk.path("packed")).unwrap()[..500], &["gzip", "broken"]);
    desk.fail("predict run digits/t10k-labels-idx1-ubyte", 1, &["0x00000801", "images"]);
    desk.fail("predict run digits", 1, &["digits", "folder"]);
    desk.fail("predict run digits/t10k-images-idx3-ubyte --index 90-100", 1, &["--index 100", "100 images", "99"]);
    desk.fail("predict run large.png --as-is", 1, &["--as-is", "112 x 112", "1 x 28 x 28"]);
    desk.fail("predict run", 2, &["IMAGE"]);
    desk.fail("predict run large.png --index 5", 1, &["large.png: --index", "one picture"]);
    desk.fail("predict run large.png --index 5-3", 2, &["5 is above 3"]);
    desk.fail("predict swift large.png", 1, &["swift", "gradbook train"]);
}
