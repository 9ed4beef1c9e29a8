//! Random steps, as words and as data.

use proptest::prelude::*;

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Load(String),
    Apply(Apply),
    Filter(Condition),
    Group {
        keys: Vec<String>,
        reducers: Vec<(Reduce, String)>,
    },
    Sort {
        keys: Vec<(String, bool)>,
        most: Option<usize>,
    },
    Limit(usize, usize),
}

#[derive(Clone, Debug)]
pub(super) enum Apply {
    Sum(String, String),
    Twice(String),
    Floor(String),
    Split(String),
    Case(String),
}

#[derive(Clone, Debug)]
pub(super) enum Condition {
    Above(String, f64),
    AtMost(String, f64),
    Exists(String),
}

#[derive(Clone, Debug)]
pub(super) enum Reduce {
    Count,
    Sum(String),
    Avg(String),
    Min(String),
    Max(String),
    StdDev(String),
    Distinct(String),
    List(String),
    First(String, String, bool),
    Median(String),
}

impl Apply {
    /// The property that it makes.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Sum(..) => "sum",
            Self::Twice(_) => "twice",
            Self::Floor(_) => "floor",
            Self::Split(_) => "parts",
            Self::Case(_) => "there",
        }
    }
}

impl Step {
    /// The properties that it names, in the order in which they get a place in rows.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Load(name) => vec![name.clone()],
            Self::Apply(apply) => {
                let mut names = match apply {
                    Apply::Sum(a, b) => vec![a.clone(), b.clone()],
                    Apply::Twice(a) | Apply::Floor(a) | Apply::Split(a) | Apply::Case(a) => {
                        vec![a.clone()]
                    }
                };
                names.push(apply.name().to_owned());
                names
            }
            Self::Filter(
                Condition::Above(name, _) | Condition::AtMost(name, _) | Condition::Exists(name),
            ) => vec![name.clone()],
            Self::Sort { keys, .. } => keys.iter().map(|(name, _)| name.clone()).collect(),
            Self::Group { .. } | Self::Limit(..) => Vec::new(),
        }
    }

    /// Appends its words.
    pub(super) fn write(&self, words: &mut Vec<String>) {
        let mut push = |word: &str| words.push(word.to_owned());
        match self {
            Self::Load(name) => ["LOAD", "1", name].into_iter().for_each(&mut push),
            Self::Apply(apply) => {
                let text = match apply {
                    Apply::Sum(a, b) => format!("@{a} + @{b}"),
                    Apply::Twice(a) => format!("@{a} * 2"),
                    Apply::Floor(a) => format!("floor(@{a} / 2)"),
                    Apply::Split(a) => format!("split(@{a})"),
                    Apply::Case(a) => format!("case(exists(@{a}), 'yes', 'no')"),
                };
                ["APPLY", &text, "AS", apply.name()]
                    .into_iter()
                    .for_each(&mut push);
            }
            Self::Filter(condition) => {
                let text = match condition {
                    Condition::Above(name, least) => format!("@{name} > {least}"),
                    Condition::AtMost(name, most) => format!("@{name} <= {most}"),
                    Condition::Exists(name) => format!("exists(@{name})"),
                };
                ["FILTER", &text].into_iter().for_each(&mut push);
            }
            Self::Sort { keys, most } => {
                ["SORTBY", &(keys.len() * 2).to_string()]
                    .into_iter()
                    .for_each(&mut push);
                for (name, descending) in keys {
                    push(&format!("@{name}"));
                    push(if *descending { "DESC" } else { "ASC" });
                }
                if let Some(most) = most {
                    ["MAX", &most.to_string()].into_iter().for_each(&mut push);
                }
            }
            Self::Limit(offset, count) => {
                let (offset, count) = (offset.to_string(), count.to_string());
                ["LIMIT", &offset, &count].into_iter().for_each(&mut push);
            }
            Self::Group { keys, reducers } => {
                ["GROUPBY", &keys.len().to_string()]
                    .into_iter()
                    .for_each(&mut push);
                keys.iter().for_each(|key| push(&format!("@{key}")));
                for (reduce, name) in reducers {
                    push("REDUCE");
                    reduce.words().iter().for_each(|word| push(word));
                    ["AS", name].into_iter().for_each(&mut push);
                }
            }
        }
    }
}

impl Reduce {
    fn words(&self) -> Vec<String> {
        let one = |name: &str, property: &str| {
            vec![name.to_owned(), "1".to_owned(), format!("@{property}")]
        };
        match self {
            Self::Count => vec!["COUNT".to_owned(), "0".to_owned()],
            Self::Sum(it) => one("SUM", it),
            Self::Avg(it) => one("AVG", it),
            Self::Min(it) => one("MIN", it),
            Self::Max(it) => one("MAX", it),
            Self::StdDev(it) => one("STDDEV", it),
            Self::Distinct(it) => one("COUNT_DISTINCT", it),
            Self::List(it) => one("TOLIST", it),
            Self::First(it, by, descending) => {
                let direction = if *descending { "DESC" } else { "ASC" };
                let text = format!("FIRST_VALUE 4 @{it} BY @{by} {direction}");
                text.split(' ').map(str::to_owned).collect()
            }
            Self::Median(it) => {
                let text = format!("QUANTILE 2 @{it} 0.5");
                text.split(' ').map(str::to_owned).collect()
            }
        }
    }
}

/// Choices, of which the properties that there are decide the meaning.
type Choice = (u8, usize, usize, usize, bool, i8);

/// Some steps that name only what there is.
pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let number = || 0usize..60;
    let choice = (0u8..8, number(), number(), number(), any::<bool>(), -4i8..4);
    prop::collection::vec(choice, 0..7).prop_map(|choices| {
        let mut builder = Builder {
            numbers: vec!["n".to_owned(), "m".to_owned()],
            others: vec!["brand".to_owned()],
            is_grouped: false,
            steps: Vec::new(),
        };
        choices.into_iter().for_each(|choice| builder.add(choice));
        builder.steps
    })
}

struct Builder {
    /// Properties that are numbers or null.
    numbers: Vec<String>,
    /// All others.
    others: Vec<String>,
    is_grouped: bool,
    steps: Vec<Step>,
}

impl Builder {
    fn number(&self, at: usize) -> Option<String> {
        let len = self.numbers.len();
        (len > 0).then(|| self.numbers[at % len].clone())
    }

    fn any(&self, at: usize) -> Option<String> {
        let all: Vec<&String> = self.numbers.iter().chain(&self.others).collect();
        (!all.is_empty()).then(|| all[at % all.len()].clone())
    }

    fn add(&mut self, (kind, a, b, c, flag, small): Choice) {
        let bound = f64::from(small) / 2.0;
        let step = match kind {
            0 if !self.is_grouped => Some(Step::Load(["brand", "n", "m"][a % 3].to_owned())),
            0 | 1 => self.apply(a, b, c),
            2 => self.number(a).map(|name| {
                Step::Filter(if flag {
                    Condition::Above(name, bound)
                } else {
                    Condition::AtMost(name, bound)
                })
            }),
            3 => self
                .any(a)
                .map(|name| Step::Filter(Condition::Exists(name))),
            4 | 5 => Some(self.group(a, b, c, flag)),
            6 => self.sort(a, b, flag, small),
            _ => Some(Step::Limit(a % 5, 1 + b)),
        };
        if let Some(Step::Apply(apply)) = &step {
            let name = apply.name().to_owned();
            let is_number = matches!(apply, Apply::Sum(..) | Apply::Twice(_) | Apply::Floor(_));
            let list = if is_number {
                &mut self.numbers
            } else {
                &mut self.others
            };
            if !list.contains(&name) {
                list.push(name);
            }
        }
        self.steps.extend(step);
    }

    fn apply(&self, a: usize, b: usize, c: usize) -> Option<Step> {
        Some(Step::Apply(match c % 5 {
            0 => Apply::Sum(self.number(a)?, self.number(b)?),
            1 => Apply::Twice(self.number(a)?),
            2 => Apply::Floor(self.number(a)?),
            3 => Apply::Split(self.others.iter().find(|name| *name == "brand")?.clone()),
            _ => Apply::Case(self.any(a)?),
        }))
    }

    fn group(&mut self, a: usize, b: usize, c: usize, flag: bool) -> Step {
        let mut keys: Vec<String> = self
            .any(a)
            .into_iter()
            .filter(|_| !a.is_multiple_of(6))
            .collect();
        let second = self.any(b).filter(|name| flag && !keys.contains(name));
        keys.extend(second);
        let mut reducers = vec![(Reduce::Count, "count".to_owned())];
        let (mut numbers, mut others) = (vec!["count".to_owned()], Vec::new());
        if let Some(it) = self.number(c) {
            let reduce = match b % 7 {
                0 => Reduce::Sum(it),
                1 => Reduce::Avg(it),
                2 => Reduce::Min(it),
                3 => Reduce::Max(it),
                4 => Reduce::StdDev(it),
                5 => Reduce::First(it, self.number(a).unwrap_or_default(), flag),
                _ => Reduce::Median(it),
            };
            reducers.push((reduce, "figure".to_owned()));
            numbers.push("figure".to_owned());
        }
        if let Some(it) = self.any(c) {
            let (reduce, name) = if flag {
                (Reduce::Distinct(it), "distinct")
            } else {
                (Reduce::List(it), "list")
            };
            reducers.push((reduce, name.to_owned()));
            let list = if flag { &mut numbers } else { &mut others };
            list.push(name.to_owned());
        }
        // A property may be a key of groups of groups: then it has no second name.
        reducers.retain(|(_, name)| !keys.contains(name));
        for key in &keys {
            let is_number = self.numbers.contains(key);
            let list = if is_number { &mut numbers } else { &mut others };
            if !list.contains(key) {
                list.push(key.clone());
            }
        }
        others.retain(|name| !numbers.contains(name));
        (self.numbers, self.others, self.is_grouped) = (numbers, others, true);
        Step::Group { keys, reducers }
    }

    fn sort(&self, a: usize, b: usize, flag: bool, small: i8) -> Option<Step> {
        if matches!(self.steps.last(), Some(Step::Sort { .. })) {
            return None;
        }
        let mut keys = vec![(self.any(a)?, flag)];
        let second = self.any(b).filter(|name| *name != keys[0].0);
        keys.extend(second.map(|name| (name, !flag)));
        let most = usize::try_from(small).ok().filter(|most| *most > 0);
        Some(Step::Sort { keys, most })
    }
}
