//! Inside the network: the weights of the first layer, and what becomes of one image, as pictures.

use crate::answers::Answers;
use crate::picture::{diverging, grey};
use crate::run::{Inside, Maps, RunReport};
use gradbook_page::markup::escape;
use gradbook_page::number::{thousands, written};

/// About so many pixels of the page are the side of a picture.
const SIDE: usize = 60;

pub(super) fn content(report: &RunReport) -> String {
    let filters = report
        .filters
        .as_ref()
        .map_or(String::new(), |filters| format!("<h3>The first layer’s weights</h3>\n{}", maps(filters)));
    let inside = report.inside.as_ref().map_or(String::new(), |inside| image(&report.answers, inside));
    filters + &inside
}

fn image(answers: &Answers, inside: &Inside) -> String {
    let Inside { image, layers, left_out } = inside;
    let source = grey(answers.image(*image), answers.height, answers.width);
    let class = answers.labels[*image];
    let said = answers.predicted(*image).map_or("no answer".to_owned(), |predicted| predicted.to_string());
    let layers: String = layers.iter().map(maps).collect();
    let rest = match left_out {
        0 => String::new(),
        n => {
            format!("<p class=\"quiet\">{n} further layers are left out, because there are too many to see.</p>\n")
        }
    };
    format!(
        "<h3>One image on its way through the network</h3>\n<div class=\"shown\">\n\
         <img src=\"{source}\" width=\"{}\" height=\"{}\" alt=\"image {image}, a {class}\"/>\n\
         <p>Image {}, a {class}, taken for: {said}. This is what the channels of each convolution make of it, after the \
         activation. All pictures of a layer have one scale.</p>\n</div>\n{layers}{rest}",
        answers.width,
        answers.height,
        thousands(*image),
    )
}

/// All pictures on a common scale, which is shown.
fn maps(maps: &Maps) -> String {
    let Maps { title, height, width, values } = maps;
    let largest =
        values.iter().filter(|value| value.is_finite()).fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let scale = (SIDE / height.max(width)).max(1);
    let picture = |(n, values): (usize, &[f64])| {
        let source = diverging(values, largest, *height, *width);
        format!("<img src=\"{source}\" width=\"{}\" height=\"{}\" alt=\"{n}\"/>\n", scale * width, scale * height)
    };
    let pictures: String = values.chunks(height * width).enumerate().map(picture).collect();
    let end = written(largest, 3);
    let negative = values.iter().any(|&value| value < 0.0);
    let key = match negative {
        true => format!("<span class=\"key\">−{end} <i class=\"both\"></i> {end}</span>"),
        false => format!("<span class=\"key\">0 <i class=\"half\"></i> {end}</span>"),
    };
    format!(
        "<figure>\n<figcaption>{} {key}</figcaption>\n<div class=\"maps\" role=\"group\" aria-label=\"{0}\">\n{pictures}\
         </div>\n</figure>\n",
        escape(title)
    )
}
