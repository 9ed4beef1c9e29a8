//! Steps once more, as plainly as can be.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::step::{Apply, Condition, Reduce, Step};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum V {
    Null,
    Number(f64),
    Text(String),
    List(Vec<V>),
}

/// Names and values in order.
pub(super) type Row = Vec<(String, V)>;

/// A document: the fields that it has.
#[derive(Clone, Debug)]
pub(super) struct Document {
    brand: Option<String>,
    n: Option<f64>,
    m: Option<f64>,
}

pub(super) fn document() -> impl Strategy<Value = Document> {
    let brands = prop::sample::select(vec!["a", "b", "c d", "a,b", "B"]);
    let number = || prop::option::weighted(0.8, (-20i32..20).prop_map(|it| f64::from(it) / 4.0));
    (prop::option::weighted(0.8, brands), number(), number()).prop_map(|(brand, n, m)| Document {
        brand: brand.map(str::to_owned),
        n,
        m,
    })
}

impl Document {
    /// Its fields as a hash has them.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let brand = self.brand.clone().map(|brand| ("brand", brand));
        let n = self.n.map(|n| ("n", n.to_string()));
        let m = self.m.map(|m| ("m", m.to_string()));
        [brand, n, m].into_iter().flatten().collect()
    }

    fn value(&self, name: &str) -> V {
        match name {
            "brand" => self.brand.clone().map_or(V::Null, V::Text),
            "n" => self.n.map_or(V::Null, V::Number),
            "m" => self.m.map_or(V::Null, V::Number),
            other => panic!("no field {other}"),
        }
    }
}

/// What steps make of documents.
pub(super) struct Naive {
    pub(super) rows: Vec<Row>,
    pub(super) total: usize,
}

/// A row on its way: its document, until it is a group, and what has been computed.
#[derive(Clone)]
struct Flow {
    document: Option<Document>,
    values: Row,
}

impl Flow {
    fn value(&self, name: &str) -> V {
        let computed = self.values.iter().find(|(other, _)| other == name);
        match (computed, &self.document) {
            (Some((_, value)), _) => value.clone(),
            (None, Some(document)) => document.value(name),
            (None, None) => panic!("no property {name}"),
        }
    }

    fn put(&mut self, name: &str, value: V) {
        self.values.retain(|(other, _)| other != name);
        self.values.push((name.to_owned(), value));
    }
}

impl Naive {
    #[expect(clippy::too_many_lines, reason = "one arm a step")]
    pub(super) fn run(documents: &[Document], steps: &[Step]) -> Self {
        let flow = |document: &Document| Flow {
            document: Some(document.clone()),
            values: Vec::new(),
        };
        let mut flows: Vec<Flow> = documents.iter().map(flow).collect();
        let mut names: Vec<String> = Vec::new();
        let (mut cut, mut is_grouped, mut sorted) = (None, false, false);
        for (position, step) in steps.iter().enumerate() {
            for name in step.names() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let before = flows.len();
            match step {
                Step::Load(_) => {}
                Step::Apply(apply) => {
                    for flow in &mut flows {
                        let value = applied(apply, &|name| flow.value(name));
                        flow.put(apply.name(), value);
                    }
                }
                Step::Filter(condition) => {
                    flows.retain(|flow| holds(condition, &|name| flow.value(name)));
                    (cut, sorted) = (None, false);
                }
                Step::Group { keys, reducers } => {
                    flows = grouped(&flows, keys, reducers);
                    names = keys.clone();
                    names.extend(reducers.iter().map(|(_, name)| name.clone()));
                    (cut, sorted, is_grouped) = (None, false, true);
                }
                Step::Sort { keys, most } => {
                    flows.sort_by(|a, b| order(keys, a, b));
                    let asked = match steps.get(position + 1) {
                        Some(Step::Limit(offset, count)) => offset + count,
                        _ => most.unwrap_or(10),
                    };
                    flows.truncate(most.unwrap_or(asked).min(asked));
                    (cut, sorted) = (Some(before), true);
                }
                Step::Limit(offset, count) => {
                    flows = flows.into_iter().skip(*offset).take(*count).collect();
                    // What a sort dropped counts, as long as nothing else dropped rows since.
                    let is_first_cut = !(sorted && cut.is_some());
                    if is_first_cut {
                        cut = Some(before);
                    }
                    sorted = false;
                }
            }
        }
        let rows = flows.iter().map(|flow| {
            let pairs = names.iter().map(|name| (name.clone(), flow.value(name)));
            pairs
                .filter(|(name, value)| is_shown(name, value, is_grouped, steps))
                .collect()
        });
        let rows: Vec<Row> = rows.collect();
        Self {
            total: cut.unwrap_or(rows.len()),
            rows,
        }
    }
}

/// A null is left out, unless it is of a group.
fn is_shown(name: &str, value: &V, is_grouped: bool, steps: &[Step]) -> bool {
    let last_group = steps.iter().rev().find_map(|step| match step {
        Step::Group { keys, reducers } => Some((keys, reducers)),
        _ => None,
    });
    let of_group = last_group.is_some_and(|(keys, reducers)| {
        keys.iter().any(|key| key == name) || reducers.iter().any(|(_, other)| other == name)
    });
    *value != V::Null || (is_grouped && of_group)
}

fn number(value: &V) -> Option<f64> {
    match value {
        V::Number(number) => Some(*number),
        V::Text(text) => text.parse().ok(),
        V::Null | V::List(_) => None,
    }
}

fn applied(apply: &Apply, value: &dyn Fn(&str) -> V) -> V {
    let of = |name: &str| number(&value(name));
    let found = match apply {
        Apply::Sum(a, b) => of(a).zip(of(b)).map(|(a, b)| a + b),
        Apply::Twice(a) => of(a).map(|a| a * 2.0),
        Apply::Floor(a) => of(a).map(|a| (a / 2.0).floor()),
        Apply::Split(a) => {
            return match value(a) {
                V::Text(text) => {
                    V::List(text.split(',').map(|it| V::Text(it.to_owned())).collect())
                }
                V::Number(number) => V::List(vec![V::Text(number.to_string())]),
                other => other,
            };
        }
        Apply::Case(a) => {
            let exists = value(a) != V::Null;
            return V::Text(if exists { "yes" } else { "no" }.to_owned());
        }
    };
    found.map_or(V::Null, V::Number)
}

fn holds(condition: &Condition, value: &dyn Fn(&str) -> V) -> bool {
    match condition {
        // Null is below every number.
        Condition::Above(name, least) => number(&value(name)).is_some_and(|it| it > *least),
        Condition::AtMost(name, most) => number(&value(name)).is_none_or(|it| it <= *most),
        Condition::Exists(name) => value(name) != V::Null,
    }
}

fn order(keys: &[(String, bool)], a: &Flow, b: &Flow) -> Ordering {
    for (name, descending) in keys {
        let (a, b) = (a.value(name), b.value(name));
        let order = match (&a, &b) {
            (V::Null, V::Null) => Ordering::Equal,
            (V::Null, _) => Ordering::Greater,
            (_, V::Null) => Ordering::Less,
            _ if *descending => compare(&b, &a),
            _ => compare(&a, &b),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Numbers, NaN last, then texts; lists by their first value.
fn compare(a: &V, b: &V) -> Ordering {
    match (a, b) {
        (V::List(a), b) => compare(a.first().unwrap_or(&V::Null), b),
        (a, V::List(b)) => compare(a, b.first().unwrap_or(&V::Null)),
        (V::Number(a), V::Number(b)) => a
            .partial_cmp(b)
            .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())),
        (V::Text(a), V::Text(b)) => a.cmp(b),
        (V::Number(_), V::Text(_)) => Ordering::Less,
        (V::Text(_), V::Number(_)) => Ordering::Greater,
        (V::Null, V::Null) => Ordering::Equal,
        (V::Null, _) => Ordering::Less,
        (_, V::Null) => Ordering::Greater,
    }
}

/// Groups in the order of their first rows.
fn grouped(flows: &[Flow], keys: &[String], reducers: &[(Reduce, String)]) -> Vec<Flow> {
    let mut groups: Vec<(Vec<V>, Vec<&Flow>)> = Vec::new();
    for flow in flows {
        let mut combinations: Vec<Vec<V>> = vec![Vec::new()];
        for key in keys {
            let mut choices = match flow.value(key) {
                V::List(values) if values.is_empty() => vec![V::Null],
                V::List(values) => values,
                other => vec![other],
            };
            let mut distinct: Vec<V> = Vec::new();
            choices.retain(|value| {
                let is_new = !distinct.contains(value);
                distinct.push(value.clone());
                is_new
            });
            let longer = combinations.iter().flat_map(|start| {
                let choices = choices.iter();
                choices.map(move |choice| [start.as_slice(), std::slice::from_ref(choice)].concat())
            });
            combinations = longer.collect();
        }
        for combination in combinations {
            match groups
                .iter_mut()
                .find(|(known, _)| same_keys(known, &combination))
            {
                Some((_, members)) => members.push(flow),
                None => groups.push((combination, vec![flow])),
            }
        }
    }
    let finished = groups.into_iter().map(|(values, members)| {
        let mut row: Row = keys.iter().cloned().zip(values).collect();
        for (reduce, name) in reducers {
            row.push((name.clone(), reduced(reduce, &members)));
        }
        Flow {
            document: None,
            values: row,
        }
    });
    finished.collect()
}

/// Equal, NaN to itself too, in lists as well.
fn same_keys(a: &[V], b: &[V]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| match (a, b) {
            (V::Number(a), V::Number(b)) => a == b || (a.is_nan() && b.is_nan()),
            (V::List(a), V::List(b)) => same_keys(a, b),
            (a, b) => a == b,
        })
}

fn reduced(reduce: &Reduce, members: &[&Flow]) -> V {
    let values = |name: &str| -> Vec<V> { members.iter().map(|flow| flow.value(name)).collect() };
    let numbers = |name: &str| -> Vec<f64> { values(name).iter().filter_map(number).collect() };
    let count = |list: &[f64]| list.len() as f64;
    V::Number(match reduce {
        Reduce::Count => members.len() as f64,
        Reduce::Sum(name) => match numbers(name).as_slice() {
            [] => f64::NAN,
            list => list.iter().sum(),
        },
        Reduce::Avg(name) => {
            let list = numbers(name);
            list.iter().sum::<f64>() / count(&list)
        }
        Reduce::Min(name) => numbers(name).into_iter().fold(f64::INFINITY, f64::min),
        Reduce::Max(name) => numbers(name).into_iter().fold(f64::NEG_INFINITY, f64::max),
        Reduce::StdDev(name) => {
            let list = numbers(name);
            if list.len() < 2 {
                return V::Number(0.0);
            }
            let mean = list.iter().sum::<f64>() / count(&list);
            let squares: f64 = list.iter().map(|it| (it - mean) * (it - mean)).sum();
            (squares / (count(&list) - 1.0)).sqrt()
        }
        Reduce::Distinct(name) => distinct(&values(name)).len() as f64,
        Reduce::List(name) => return V::List(distinct(&flat(&values(name)))),
        Reduce::First(name, by, descending) => {
            let mut first: Option<&Flow> = None;
            for flow in members {
                let key = flow.value(by);
                let is_before = first.is_none_or(|first| match (first.value(by), key) {
                    (_, V::Null) => false,
                    (V::Null, _) => true,
                    (best, key) if *descending => compare(&key, &best).is_gt(),
                    (best, key) => compare(&key, &best).is_lt(),
                });
                if is_before {
                    first = Some(flow);
                }
            }
            return first.map_or(V::Null, |flow| flow.value(name));
        }
        Reduce::Median(name) => {
            let mut list: Vec<f64> = numbers(name)
                .into_iter()
                .filter(|it| !it.is_nan())
                .collect();
            list.sort_by(f64::total_cmp);
            match list.len() {
                0 => return V::Null,
                len => list[len.div_ceil(2) - 1],
            }
        }
    })
}

fn flat(values: &[V]) -> Vec<V> {
    let each = values.iter().flat_map(|value| match value {
        V::List(values) => values.clone(),
        other => vec![other.clone()],
    });
    each.collect()
}

fn distinct(values: &[V]) -> Vec<V> {
    let mut found: Vec<V> = Vec::new();
    for value in values {
        let known = found
            .iter()
            .any(|it| same_keys(std::slice::from_ref(it), std::slice::from_ref(value)));
        if *value != V::Null && !known {
            found.push(value.clone());
        }
    }
    found
}
