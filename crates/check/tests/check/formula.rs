//! What formulas come to: a spreadsheet program small enough to be trusted (LibreOffice agrees, see `main.rs`).
//!
//! In braces stands a quantity's name and which step it is taken from: `{w5}` the same, `{w5<}` the one before, `{w5<<}`
//! two before, `{w5>}` the next, `{w5!}` always the first, and `{x1~}` a cell that ought to stay but moves with every copy.

/// The value of a formula; `cell` knows those of names with their marks.
pub(crate) fn value(text: &str, cell: &dyn Fn(&str) -> f64) -> f64 {
    let mut reader = Reader { rest: text, cell };
    let value = reader.comparison();
    assert!(reader.rest.is_empty(), "{text}: what is {}?", reader.rest);
    value
}

struct Reader<'t> {
    rest: &'t str,
    cell: &'t dyn Fn(&str) -> f64,
}

impl Reader<'_> {
    fn take(&mut self, sign: char) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn comparison(&mut self) -> f64 {
        let left = self.sum();
        if self.take('>') { f64::from(u8::from(left > self.sum())) } else { left }
    }

    fn sum(&mut self) -> f64 {
        let mut left = self.product();
        loop {
            match () {
                () if self.take('+') => left += self.product(),
                () if self.take('-') => left -= self.product(),
                () => return left,
            }
        }
    }

    fn product(&mut self) -> f64 {
        let mut left = self.power();
        loop {
            match () {
                () if self.take('*') => left *= self.power(),
                () if self.take('/') => left /= self.power(),
                () => return left,
            }
        }
    }

    fn power(&mut self) -> f64 {
        let mut left = self.signed();
        while self.take('^') {
            left = left.powf(self.signed());
        }
        left
    }

    /// A minus sign belongs to the number before it is raised: -2^2 is 4.
    fn signed(&mut self) -> f64 {
        if self.take('-') { -self.signed() } else { self.atom() }
    }

    fn atom(&mut self) -> f64 {
        if self.take('(') {
            return self.arguments()[0];
        }
        if self.take('{') {
            let (name, rest) = self.rest.split_once('}').expect("a brace that closes");
            self.rest = rest;
            return (self.cell)(name);
        }
        let end = self.rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        if let Ok(number) = word.parse() {
            return number;
        }
        assert!(self.take('('), "what is {word}?");
        let arguments = self.arguments();
        match (word, arguments.as_slice()) {
            ("EXP", [x]) => x.exp(),
            ("TANH", [x]) => x.tanh(),
            ("MAX", [x, y]) => x.max(*y),
            ("POWER", [x, y]) => x.powf(*y),
            ("SUMSQ", [x]) => x * x,
            ("IF", [condition, then, otherwise]) => {
                if *condition != 0.0 {
                    *then
                } else {
                    *otherwise
                }
            }
            _ => panic!("what is {word} of {} numbers?", arguments.len()),
        }
    }

    /// Up to the closing bracket.
    fn arguments(&mut self) -> Vec<f64> {
        let mut arguments = vec![self.comparison()];
        while self.take(',') {
            arguments.push(self.comparison());
        }
        assert!(self.take(')'), "a bracket is open at {}", self.rest);
        arguments
    }
}
