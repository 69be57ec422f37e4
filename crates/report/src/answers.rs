//! What a network answered to labelled images: who is taken for whom, and which images are the worst mistakes.

/// Outputs of a network for labelled images.
#[derive(Clone, Copy, Debug)]
pub struct Answers<'a> {
    /// `[images, classes]`; a network may have more outputs than the labels have classes.
    pub outputs: &'a [f32],
    /// Of the labels.
    pub classes: usize,
    /// A class an image.
    pub labels: &'a [u8],
    /// `[images, height, width]`, 0 black to 255 white.
    pub pixels: &'a [u8],
    /// Of an image, in pixels.
    pub height: usize,
    /// Of an image, in pixels.
    pub width: usize,
    /// Whether outputs are logits, of which the softmax makes probabilities.
    pub logits: bool,
}

impl Answers<'_> {
    /// The class with the largest output, the first of equals; `None` if an output is not a finite number.
    pub fn predicted(&self, image: usize) -> Option<usize> {
        let outputs = self.outputs(image);
        let largest = |best, class| if outputs[class] > outputs[best] { class } else { best };
        outputs.iter().all(|output| output.is_finite()).then(|| (1..self.classes).fold(0, largest))
    }

    /// How strongly the image was taken for each class: probabilities, if the outputs are logits, else the outputs.
    pub fn strengths(&self, image: usize) -> Vec<f64> {
        let outputs: Vec<f64> = self.outputs(image).iter().map(|&output| f64::from(output)).collect();
        if !self.logits {
            return outputs;
        }
        let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = outputs.iter().map(|output| (output - largest).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.iter().map(|power| power / sum).collect()
    }

    /// The pixels of an image, row by row.
    pub fn image(&self, image: usize) -> &[u8] {
        let len = self.height * self.width;
        &self.pixels[image * len..][..len]
    }

    fn outputs(&self, image: usize) -> &[f32] {
        &self.outputs[image * self.classes..][..self.classes]
    }
}

/// An image that was taken for something else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mistake {
    /// Its number among the images.
    pub(crate) image: usize,
    pub(crate) class: usize,
    pub(crate) predicted: usize,
    /// How strongly it was taken for its own class, and for the other.
    pub(crate) strength: f64,
    pub(crate) predicted_strength: f64,
}

/// All mistakes, the worst first: where the right class had the least probability, which is where the cross-entropy is
/// the largest. Where outputs are no probabilities, the one that is farthest behind its winner.
pub(crate) fn mistakes(answers: &Answers) -> Vec<Mistake> {
    let mistake = |image: usize| {
        let (class, predicted) = (usize::from(answers.labels[image]), answers.predicted(image)?);
        if class == predicted {
            return None;
        }
        let strengths = answers.strengths(image);
        let (strength, predicted_strength) = (strengths[class], strengths[predicted]);
        Some(Mistake { image, class, predicted, strength, predicted_strength })
    };
    let mut mistakes: Vec<Mistake> = (0..answers.labels.len()).filter_map(mistake).collect();
    let order = |m: &Mistake| if answers.logits { m.strength } else { m.strength - m.predicted_strength };
    mistakes.sort_by(|a, b| order(a).total_cmp(&order(b)));
    mistakes
}

/// How often each class was taken for each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Confusion {
    pub(crate) classes: usize,
    /// `[classes, classes]`: the true class, then the predicted one.
    counts: Vec<usize>,
    /// Images whose outputs were not finite, which are not counted.
    pub(crate) unanswered: usize,
}

impl Confusion {
    pub(crate) fn of(answers: &Answers) -> Confusion {
        let classes = answers.classes;
        let mut confusion = Confusion { classes, counts: vec![0; classes * classes], unanswered: 0 };
        for (image, &label) in answers.labels.iter().enumerate() {
            match answers.predicted(image) {
                Some(predicted) => confusion.counts[usize::from(label) * classes + predicted] += 1,
                None => confusion.unanswered += 1,
            }
        }
        confusion
    }

    pub(crate) fn count(&self, class: usize, predicted: usize) -> usize {
        self.counts[class * self.classes + predicted]
    }

    /// Images of the class.
    pub(crate) fn of_class(&self, class: usize) -> usize {
        (0..self.classes).map(|predicted| self.count(class, predicted)).sum()
    }

    /// Images that were taken for the class.
    pub(crate) fn predicted_as(&self, predicted: usize) -> usize {
        (0..self.classes).map(|class| self.count(class, predicted)).sum()
    }

    /// The share of the class' images that were recognised; none without such images.
    pub(crate) fn recall(&self, class: usize) -> Option<f64> {
        share(self.count(class, class), self.of_class(class))
    }

    /// The share of images that belong to the class among those that were taken for it; none without such images.
    pub(crate) fn precision(&self, class: usize) -> Option<f64> {
        share(self.count(class, class), self.predicted_as(class))
    }

    /// True class, predicted class and how often, the most frequent confusion first.
    pub(crate) fn confused(&self) -> Vec<(usize, usize, usize)> {
        let pairs = (0..self.classes).flat_map(|class| (0..self.classes).map(move |predicted| (class, predicted)));
        let pairs = pairs.filter(|(class, predicted)| class != predicted);
        let mut confused: Vec<_> = pairs.map(|(class, other)| (class, other, self.count(class, other))).collect();
        confused.retain(|&(_, _, count)| count > 0);
        confused.sort_by_key(|&(_, _, count)| std::cmp::Reverse(count));
        confused
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confusion_and_mistakes_are_those_counted_by_hand() {
        // Six images of classes 0 0 0 1 1 2, taken for 0 0 1 1 0 and nothing.
        let outputs = [3.0, 1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 5.0, 0.0, 4.0, 0.0, 0.0, 0.0, f32::NAN, 0.0];
        let (labels, pixels) = ([0, 0, 0, 1, 1, 2], [0; 6]);
        let answers = Answers {
            outputs: &outputs,
            classes: 3,
            labels: &labels,
            pixels: &pixels,
            height: 1,
            width: 1,
            logits: true,
        };
        let confusion = Confusion::of(&answers);
        assert_eq!(confusion.counts, [2, 1, 0, 1, 1, 0, 0, 0, 0]);
        assert_eq!((confusion.unanswered, confusion.of_class(0), confusion.predicted_as(1)), (1, 3, 2));
        assert_eq!((confusion.recall(0), confusion.precision(1)), (Some(2.0 / 3.0), Some(0.5)));
        assert_eq!((confusion.recall(2), confusion.precision(2)), (None, None));
        assert_eq!(confusion.confused(), [(0, 1, 1), (1, 0, 1)]);
        // Image 4 gave its class 1 / (2 + e⁴), image 2 gave its own 1 / (2 + e).
        let mistakes = mistakes(&answers);
        assert_eq!(mistakes.iter().map(|mistake| mistake.image).collect::<Vec<_>>(), [4, 2]);
        assert!((mistakes[0].strength - 1.0 / (2.0 + 4f64.exp())).abs() < 1e-12);
        assert_eq!((mistakes[0].class, mistakes[0].predicted), (1, 0));
    }
}
