//! Medians, percentiles, and the table that holds figures against budgets.

use std::time::Duration;

/// The value below which `percent` of the times lie; sorts them.
pub fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

pub fn median(times: &mut [Duration]) -> Duration {
    percentile(times, 50)
}

/// Rows of what was measured: the reference first, ours second.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 6]>,
    over: usize,
}

impl Table {
    /// A figure that must not pass `budget`.
    pub fn row(&mut self, what: &str, unit: &str, figures: &[f64], budget: f64) {
        let verdict = figures.get(1).map(|ours| *ours <= budget);
        let budget = if budget.is_finite() { format!("≤ {}", digits(budget)) } else { String::new() };
        self.push(format!("{what}, {unit}"), figures, budget, verdict);
    }

    /// A figure that must reach `floor`.
    pub fn row_at_least(&mut self, what: &str, unit: &str, figures: &[f64], floor: f64) {
        let verdict = figures.get(1).map(|ours| *ours >= floor);
        let budget = if floor > 0.0 { format!("≥ {}", digits(floor)) } else { String::new() };
        self.push(format!("{what}, {unit}"), figures, budget, verdict);
    }

    /// A figure of ours alone.
    pub fn ours(&mut self, what: &str, unit: &str, figure: f64, budget: f64) {
        self.row(what, unit, &[f64::NAN, figure], budget);
    }

    fn push(&mut self, what: String, figures: &[f64], budget: String, verdict: Option<bool>) {
        let show = |figure: Option<&f64>| {
            figure.filter(|figure| figure.is_finite()).map_or(String::new(), |figure| digits(*figure))
        };
        let ratio = match figures {
            [reference, ours] if reference.is_finite() && *reference > 0.0 => {
                format!("{:.2}", ours / reference)
            }
            _ => String::new(),
        };
        let verdict = match verdict {
            _ if budget.is_empty() => "",
            Some(true) => "ok",
            Some(false) => {
                self.over += 1;
                "OVER"
            }
            None => "",
        };
        self.rows.push([
            what,
            show(figures.first()),
            show(figures.get(1)),
            ratio,
            budget,
            verdict.to_owned(),
        ]);
    }

    pub fn print(&self) {
        let line = |[what, reference, ours, ratio, budget, verdict]: [&str; 6]| {
            println!("{what:<44}{reference:>11}{ours:>11}{ratio:>8}{budget:>11}  {verdict}");
        };
        line(["what", "reference", "lumabill", "ratio", "budget", ""]);
        for row in &self.rows {
            line(row.each_ref().map(String::as_str));
        }
        println!("\n{} over budget", self.over);
    }
}

/// Three digits that count.
fn digits(figure: f64) -> String {
    match figure.abs() {
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}
