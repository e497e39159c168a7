//! What is open while an expression is read: brackets, and operators that wait for their right side.

use super::{Id, Part};

/// Binding strength, from the manual's table of operator precedence.
pub(super) mod power {
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const NOT: u8 = 3;
    pub const IS: u8 = 4;
    pub const COMPARISON: u8 = 5;
    pub const OTHER: u8 = 7;
    pub const SUM: u8 = 8;
    pub const PRODUCT: u8 = 9;
    pub const POWER: u8 = 10;
    pub const AT: u8 = 11;
    pub const SIGN: u8 = 13;
}

/// Something open.
pub(super) enum Open {
    /// A bracket with the elements before the last comma.
    Frame(Frame, Vec<Id>),
    /// An operator.
    Waiting(Waiting, u8),
}

/// What a bracket belongs to.
#[derive(PartialEq)]
pub(super) enum Frame {
    Bracket,
    Call(String),
    Row,
    Array,
    Subscript(Id),
    Case,
}

/// An operator whose right side is not read yet.
pub(super) enum Waiting {
    Prefix(String),
    Infix(String, Id),
    AnyAll { operator: String, left: Id, all: bool },
    And(Id),
    Or(Id),
    Not,
}

/// The parts so far and what is open.
#[derive(Default)]
pub(super) struct Stack {
    pub(super) parts: Vec<Part>,
    open: Vec<Open>,
    /// What was read last, unless something has to follow.
    pub(super) operand: Option<Id>,
}

impl Stack {
    /// A new part.
    pub(super) fn add(&mut self, part: Part) -> Id {
        self.parts.push(part);
        self.parts.len().saturating_sub(1)
    }

    /// A new part that something may follow.
    pub(super) fn set(&mut self, part: Part) {
        self.operand = Some(self.add(part));
    }

    pub(super) fn push(&mut self, waiting: Waiting, power: u8) {
        self.open.push(Open::Waiting(waiting, power));
    }

    pub(super) fn open(&mut self, frame: Frame) {
        self.open.push(Open::Frame(frame, vec![]));
    }

    /// What the innermost bracket belongs to.
    pub(super) fn frame(&self) -> Option<&Frame> {
        self.open.iter().rev().find_map(|open| match open {
            Open::Frame(frame, _) => Some(frame),
            Open::Waiting(..) => None,
        })
    }

    /// Whether the innermost bracket has no element yet.
    pub(super) fn is_first(&self) -> bool {
        matches!(self.open.last(), Some(Open::Frame(_, items)) if items.is_empty())
    }

    /// Gives the operand to all operators that bind at least as strongly as `power`, and takes it.
    pub(super) fn reduce(&mut self, power: u8) -> Option<Id> {
        let mut operand = self.operand.take()?;
        while let Some(Open::Waiting(_, own)) = self.open.last()
            && *own >= power
        {
            let Some(Open::Waiting(waiting, _)) = self.open.pop() else { return None };
            let part = self.finish(waiting, operand);
            operand = self.add(part);
        }
        Some(operand)
    }

    fn finish(&mut self, waiting: Waiting, right: Id) -> Part {
        match waiting {
            Waiting::Prefix(name) => Part::Operator { name, left: None, right },
            Waiting::Infix(name, left) => Part::Operator { name, left: Some(left), right },
            Waiting::AnyAll { operator, left, all } => Part::AnyAll { operator, left, right, all },
            Waiting::Not => Part::Not(right),
            // `a AND b AND c` is one part, not two: it takes over what its left side is made of.
            Waiting::And(left) => match self.parts.get_mut(left) {
                Some(Part::And(of)) => Part::And(with(std::mem::take(of), right)),
                _ => Part::And(vec![left, right]),
            },
            Waiting::Or(left) => match self.parts.get_mut(left) {
                Some(Part::Or(of)) => Part::Or(with(std::mem::take(of), right)),
                _ => Part::Or(vec![left, right]),
            },
        }
    }

    /// Ends an element of the innermost bracket.
    pub(super) fn comma(&mut self) -> Option<()> {
        let operand = self.reduce(0)?;
        let Some(Open::Frame(_, items)) = self.open.last_mut() else { return None };
        items.push(operand);
        Some(())
    }

    /// Closes the innermost bracket, and with it what was read since.
    pub(super) fn close(&mut self, fits: impl Fn(&Frame) -> bool) -> Option<()> {
        // `f()` and what ends with a key word have nothing to end.
        if self.operand.is_some() {
            self.comma()?;
        }
        let Some(Open::Frame(frame, mut items)) = self.open.pop() else { return None };
        if !fits(&frame) {
            return None;
        }
        let part = match frame {
            Frame::Bracket if items.len() == 1 => {
                self.operand = items.pop();
                return self.operand.map(|_| ());
            }
            Frame::Bracket if items.is_empty() => return None,
            Frame::Bracket | Frame::Row => Part::List { array: false, of: items },
            Frame::Array => Part::List { array: true, of: items },
            Frame::Call(name) => Part::Call { name, arguments: items },
            Frame::Subscript(of) => Part::Subscript { of, at: items },
            Frame::Case => Part::Case(items),
        };
        self.set(part);
        Some(())
    }

    /// The whole, if nothing is open.
    pub(super) fn end(&mut self) -> Option<Id> {
        let whole = self.reduce(0)?;
        self.open.is_empty().then_some(whole)
    }
}

fn with(mut of: Vec<Id>, right: Id) -> Vec<Id> {
    of.push(right);
    of
}
