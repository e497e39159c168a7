//! The length of a rebuilt row or index entry: columns in order, with their nulls and their padding.

use crate::layout::TOAST_POINTER_BYTES;

/// Assumed standard deviation of the length of a varlena column, as a share of its mean.
pub(crate) const SPREAD: f64 = 0.4;
/// The longest value with a header of one byte, and half a byte for the mean (documentation, "TOAST").
const SHORT_HEADER_MEAN_BYTES: f64 = 127.5;

/// How long a column's values are and how often it is null.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Width {
    pub(crate) null_frac: f64,
    /// Bytes with the header. Of a varlena, `avg_width`: the mean, cut off to whole bytes.
    pub(crate) bytes: f64,
    pub(crate) is_varlena: bool,
    pub(crate) align: f64,
    /// May have the header of one byte.
    pub(crate) is_packable: bool,
    /// A varlena all of whose values have this length.
    pub(crate) is_exact: bool,
    /// Between what the length lies, where `bytes` is a guess.
    pub(crate) guess: Option<(f64, f64)>,
    /// Lengths come in steps (arrays, numeric, ranges, records), so padding is not spread evenly.
    pub(crate) is_stepped: bool,
}

impl Width {
    /// A column that is null in every rebuilt row.
    pub(crate) fn absent() -> Self {
        Self { null_frac: 1.0, align: 1.0, ..Self::default() }
    }

    pub(crate) fn present(&self) -> f64 {
        1.0 - self.null_frac
    }

    /// Bytes of this column in the mean row.
    pub(crate) fn mean_bytes(&self) -> f64 {
        self.present() * self.bytes
    }

    /// Its length is known only as a mean.
    pub(crate) fn is_open(&self) -> bool {
        self.is_varlena && !self.is_exact && self.null_frac < 1.0
    }

    pub(crate) fn with_nulls(self, null_frac: f64) -> Self {
        Self { null_frac, ..self }
    }
}

/// What is assumed of lengths that are known only as a mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lengths {
    /// They differ; the mean is half a byte above what was cut off.
    Spread,
    /// Each is exactly `avg_width`.
    Equal,
    /// Each is one byte more.
    EqualPlusOne,
}

impl Lengths {
    fn cut_off(self) -> f64 {
        match self {
            Self::Spread => 0.5,
            Self::Equal => 0.0,
            Self::EqualPlusOne => 1.0,
        }
    }
}

/// Mean and variance of a length in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Length {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
}

impl Length {
    /// With a header that is `bytes` longer in a `share` of the rows.
    pub(crate) fn with_longer_header(self, bytes: f64, share: f64) -> Self {
        Self {
            mean: self.mean + bytes * share,
            variance: self.variance + bytes * bytes * share * (1.0 - share),
        }
    }
}

/// How probable each remainder of the offset by 8 is.
#[derive(Clone, Copy)]
struct Offset([f64; 8]);

impl Offset {
    const EVEN: Self = Self([0.125; 8]);

    fn at(header: f64) -> Self {
        let start = header as usize % 8;
        Self(std::array::from_fn(|at| if at == start { 1.0 } else { 0.0 }))
    }

    fn each(&self) -> impl Iterator<Item = (usize, f64)> {
        self.0.into_iter().enumerate()
    }

    fn padding(&self, align: usize) -> f64 {
        self.each().map(|(at, chance)| chance * pad(at, align) as f64).sum()
    }

    /// Behind a value of `bytes` that begins at a multiple of `align`.
    fn behind(&self, align: usize, bytes: usize) -> Self {
        Self(std::array::from_fn(|end| {
            let lands = |at: usize| (at + pad(at, align) + bytes) % 8 == end;
            self.each().filter(|(at, _)| lands(*at)).map(|(_, chance)| chance).sum()
        }))
    }

    fn mixed(&self, null_frac: f64, other: &Self) -> Self {
        let pairs = self.0.into_iter().zip(other.0);
        let mut mixed = pairs.map(|(here, there)| null_frac * here + (1.0 - null_frac) * there);
        Self(std::array::from_fn(|_| mixed.next().unwrap_or_default()))
    }
}

fn pad(at: usize, align: usize) -> usize {
    (align - at % align) % align
}

/// The length of a row whose columns start behind `header`, aligned to 8.
pub(crate) fn length(widths: &[Width], header: f64, lengths: Lengths) -> Length {
    let mut offset = Offset::at(header);
    let (mut mean, mut variance) = (header, 0.0);
    for width in widths.iter().filter(|width| width.null_frac < 1.0) {
        let spread = width.is_open() && lengths == Lengths::Spread;
        let cut_off =
            if width.is_open() && width.guess.is_none() { lengths.cut_off() } else { 0.0 };
        let bytes = width.bytes + cut_off;
        let is_short = width.is_packable && bytes <= SHORT_HEADER_MEAN_BYTES;
        let is_unaligned = width.is_varlena && (is_short || bytes == TOAST_POINTER_BYTES);
        let align = if is_unaligned { 1 } else { (width.align as usize).max(1) };
        let present = width.present();
        let padded = offset.padding(align) + bytes;
        let moved = if spread { Offset::EVEN } else { offset.behind(align, bytes as usize) };
        offset = offset.mixed(width.null_frac, &moved);
        mean += present * padded;
        variance += present * width.null_frac * padded * padded;
        if spread {
            variance += present * (SPREAD * bytes).powi(2);
        }
    }
    Length { mean: mean + offset.padding(8), variance }
}

/// Share of the rows with at least one null, if nulls of different columns are independent.
pub(crate) fn share_with_null(widths: &[Width]) -> f64 {
    1.0 - widths.iter().map(Width::present).product::<f64>()
}

/// The length if nulls came together: a column that is null less often is null only where the others are.
///
/// Rows without a null have the header `plain`, the others `nulled`.
pub(crate) fn length_with_nulls_together(
    widths: &[Width],
    plain: f64,
    nulled: f64,
    lengths: Lengths,
) -> Length {
    let mut cuts: Vec<f64> = widths.iter().map(|width| width.null_frac).chain([0.0, 1.0]).collect();
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    let (mut mean, mut square) = (0.0, 0.0);
    for (from, to) in cuts.iter().zip(cuts.iter().skip(1)) {
        let is_null = |width: &Width| width.null_frac > from + 1e-12;
        let rows: Vec<Width> = widths
            .iter()
            .map(|width| width.with_nulls(if is_null(width) { 1.0 } else { 0.0 }))
            .collect();
        let header = if widths.iter().any(is_null) { nulled } else { plain };
        let part = length(&rows, header, lengths);
        mean += (to - from) * part.mean;
        square += (to - from) * (part.variance + part.mean * part.mean);
    }
    Length { mean, variance: (square - mean * mean).max(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(bytes: f64) -> Width {
        Width { bytes, align: bytes, ..Width::default() }
    }

    #[test]
    fn columns_are_padded_in_their_order() {
        let row = [fixed(1.0), fixed(8.0), fixed(1.0), fixed(4.0)];
        assert_eq!(length(&row, 24.0, Lengths::Equal).mean, 48.0);
        let row = [fixed(8.0), fixed(4.0), fixed(1.0), fixed(1.0)];
        assert_eq!(length(&row, 24.0, Lengths::Equal).mean, 40.0);
    }

    #[test]
    fn short_values_are_not_aligned() {
        let text = Width {
            bytes: 33.0,
            align: 4.0,
            is_varlena: true,
            is_packable: true,
            ..Width::default()
        };
        assert_eq!(length(&[fixed(1.0), text], 24.0, Lengths::Equal).mean, 64.0);
        assert_eq!(length(&[text], 24.0, Lengths::EqualPlusOne).mean, 64.0);
        // 57.5 bytes and any remainder.
        assert_eq!(length(&[text], 24.0, Lengths::Spread).mean, 24.0 + 33.5 + 3.5);
    }

    #[test]
    fn a_null_takes_no_room() {
        let half = fixed(8.0).with_nulls(0.5);
        assert_eq!(length(&[half], 24.0, Lengths::Equal).mean, 28.0);
        assert_eq!(length(&[Width::absent()], 24.0, Lengths::Equal).mean, 24.0);
    }

    #[test]
    fn nulls_that_come_together_leave_the_mean_but_not_the_variance() {
        let row = [fixed(8.0).with_nulls(0.5), fixed(8.0).with_nulls(0.5)];
        let apart = length(&row, 24.0, Lengths::Equal);
        let together = length_with_nulls_together(&row, 24.0, 24.0, Lengths::Equal);
        assert_eq!(apart.mean, together.mean);
        assert!(together.variance > apart.variance);
    }
}
