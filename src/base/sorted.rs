//! Sorted values that come and go: pieces of bounded size, so that a long window costs no more per sample than a short one.

/// Values above which a piece is cut in two.
const PIECE_MAX: usize = 512;

/// Finite values in rising order.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    pieces: Vec<Vec<f64>>,
    count: usize,
}

impl Sorted {
    /// Puts a value in.
    pub(crate) fn insert(&mut self, value: f64) {
        self.count += 1;
        let place = self.piece_of(value).min(self.pieces.len().saturating_sub(1));
        let Some(piece) = self.pieces.get_mut(place) else {
            self.pieces.push(vec![value]);
            return;
        };
        piece.insert(piece.partition_point(|other| *other < value), value);
        if piece.len() > PIECE_MAX {
            let upper = piece.split_off(PIECE_MAX / 2);
            self.pieces.insert(place + 1, upper);
        }
    }

    /// Takes a value out that was put in.
    pub(crate) fn remove(&mut self, value: f64) {
        let place = self.piece_of(value);
        let Some(piece) = self.pieces.get_mut(place) else { return };
        let at = piece.partition_point(|other| *other < value);
        if at < piece.len() {
            piece.remove(at);
            self.count -= 1;
        }
        if piece.is_empty() {
            self.pieces.remove(place);
        }
    }

    /// Linear interpolation between order statistics (R type 7).
    pub(crate) fn quantile(&self, quantile: f64) -> Option<f64> {
        let last = self.count.checked_sub(1)?;
        let place = quantile.clamp(0.0, 1.0) * last as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= place <= last, a usize")]
        let below = place.floor() as usize;
        let (low, high) = (self.get(below)?, self.get((below + 1).min(last))?);
        Some(low + (high - low) * (place - below as f64))
    }

    /// The first piece that ends with the value or a greater one.
    fn piece_of(&self, value: f64) -> usize {
        self.pieces.partition_point(|piece| piece.last().is_none_or(|last| *last < value))
    }

    fn get(&self, mut index: usize) -> Option<f64> {
        for piece in &self.pieces {
            match piece.get(index) {
                Some(value) => return Some(*value),
                None => index -= piece.len(),
            }
        }
        None
    }
}

/// Calls `take` with each finite value of a series of equal steps and with the sorted values of the window around it, `half_window` steps on
/// each side. A missing value gives `None`.
pub(crate) fn around_each<T>(
    values: &[Option<f64>],
    half_window: usize,
    mut take: impl FnMut(f64, &Sorted) -> Option<T>,
) -> Vec<Option<T>> {
    let mut around = Sorted::default();
    let finite = |place: usize| values.get(place).copied().flatten().filter(|value| value.is_finite());
    (0..half_window).filter_map(finite).for_each(|value| around.insert(value));
    let of_place = |place: usize| {
        if let Some(value) = finite(place.saturating_add(half_window)) {
            around.insert(value);
        }
        if let Some(value) = place.checked_sub(half_window + 1).and_then(finite) {
            around.remove(value);
        }
        finite(place).and_then(|value| take(value, &around))
    };
    (0..values.len()).map(of_place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_come_and_go_as_in_a_plain_list(steps in prop::collection::vec((0_u32..3, -500_i32..500), 1..3_000), share in 0.0_f64..=1.0) {
            let (mut sorted, mut plain) = (Sorted::default(), Vec::<f64>::new());
            for (kind, value) in steps {
                if kind == 0 && !plain.is_empty() {
                    let at = usize::try_from(value.unsigned_abs()).unwrap() % plain.len();
                    sorted.remove(plain.remove(at));
                } else {
                    sorted.insert(f64::from(value));
                    plain.push(f64::from(value));
                }
            }
            plain.sort_by(f64::total_cmp);
            prop_assert_eq!(sorted.count, plain.len());
            prop_assert_eq!((0..plain.len()).map(|at| sorted.get(at).unwrap()).collect::<Vec<_>>(), plain.clone());
            let wanted = plain.len().checked_sub(1).map(|last| {
                let place = share * last as f64;
                let below = (0..=last).rfind(|at| *at as f64 <= place).unwrap();
                let (low, high) = (plain[below], plain[(below + 1).min(last)]);
                low + (high - low) * (place - place.floor())
            });
            prop_assert_eq!(sorted.quantile(share), wanted);
        }
    }
}
