//! Expressions against a table of results, against a naive interpreter, and against any bytes.

mod naive;
mod table;

use proptest::prelude::*;

use super::ast::{Arithmetic, Comparison, Expression};
use super::column::Column;
use super::function::Function;
use super::parameters::Parameters;
use super::parser::parse;
use super::program::{Names, Program};
use super::value::Value;
use crate::request::error::{Error, ExpressionError};

/// The names of the tests' properties; a name's place is its slot.
const NAMES: [&[u8]; 4] = [b"a", b"b", b"c", b"d e"];

struct Slots;

impl Names for Slots {
    fn property(&mut self, name: &[u8]) -> Result<usize, Error> {
        let slot = NAMES.iter().position(|known| *known == name);
        Ok(slot.expect("a name of the tests"))
    }

    fn vector_distance(&mut self, _: &[u8], _: &[u8]) -> Result<usize, Error> {
        unreachable!("the tests have no vectors")
    }

    fn matched_terms(&mut self, _: usize) -> Result<usize, Error> {
        unreachable!("the tests have no query")
    }
}

fn compile(expression: &Expression) -> Program {
    Program::compile(expression, &mut Slots).expect("every name is known")
}

/// Equal, with NaN equal to itself.
fn same(a: &Result<Value, ExpressionError>, b: &Result<Value, ExpressionError>) -> bool {
    match (a, b) {
        (Ok(Value::Number(a)), Ok(Value::Number(b))) => a == b || (a.is_nan() && b.is_nan()),
        (Ok(a), Ok(b)) => a == b,
        (Err(_), Err(_)) => true,
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    }
}

fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(1.0),
        Just(-1.0),
        Just(f64::INFINITY),
        (-100i32..100).prop_map(f64::from),
        -3.0..3.0,
    ]
}

fn texts() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just("10"),
        Just("9"),
        Just("-1.5"),
        Just("abc"),
        Just("Ab,c d"),
        Just("a'b\\"),
        Just(""),
    ]
    .prop_map(|text| Value::text(text.as_bytes()))
}

fn constants() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        4 => numbers().prop_map(Value::Number),
        2 => texts(),
    ]
}

/// What a row may hold.
fn values() -> impl Strategy<Value = Value> {
    let lists = prop::collection::vec(constants(), 0..3);
    prop_oneof![
        6 => constants(),
        1 => lists.prop_map(|list| Value::List(list.into())),
    ]
}

fn calls(inner: BoxedStrategy<Expression>) -> impl Strategy<Value = Expression> {
    let functions = prop::sample::select(naive::FUNCTIONS.to_vec());
    (functions, prop::collection::vec(inner, 4)).prop_map(|(function, mut arguments)| {
        let (_, min, max) = function.signature();
        arguments.truncate(max.min(min + 1));
        Expression::Call(function, arguments)
    })
}

/// Any tree that a text can stand for.
fn expressions() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        constants().prop_map(Expression::Constant),
        prop::sample::select(NAMES.to_vec()).prop_map(|name| Expression::Property(name.to_vec())),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let two = (inner.clone(), inner.clone()).prop_map(|(a, b)| Box::new([a, b]));
        let arithmetic = prop::sample::select(vec![
            Arithmetic::Add,
            Arithmetic::Subtract,
            Arithmetic::Multiply,
            Arithmetic::Divide,
            Arithmetic::Remainder,
            Arithmetic::Power,
        ]);
        let comparison = prop::sample::select(vec![
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ]);
        let many = prop::collection::vec(inner.clone(), 2..4).boxed();
        let without = |many: BoxedStrategy<Vec<Expression>>, and: bool| {
            many.prop_filter("joined already", move |parts| {
                let is_and = |part: &Expression| matches!(part, Expression::And(_));
                let is_or = |part: &Expression| matches!(part, Expression::Or(_));
                !parts
                    .iter()
                    .any(|part| if and { is_and(part) } else { is_or(part) })
            })
        };
        prop_oneof![
            3 => (arithmetic, two.clone()).prop_map(|(op, two)| Expression::Arithmetic(op, two)),
            2 => (comparison, two).prop_map(|(op, two)| Expression::Comparison(op, two)),
            1 => without(many.clone(), true).prop_map(Expression::And),
            1 => without(many, false).prop_map(Expression::Or),
            1 => inner.clone().prop_map(|inner| Expression::Not(Box::new(inner))),
            1 => inner
                .clone()
                .prop_filter("a number takes its sign itself", |inner| {
                    !matches!(inner, Expression::Constant(Value::Number(_)))
                })
                .prop_map(|inner| Expression::Negate(Box::new(inner))),
            3 => calls(inner.boxed()),
        ]
    })
}

/// A column of some values, in the narrowest form.
fn column(values: Vec<Value>) -> Column {
    let is_number = |value: &Value| matches!(value, Value::Null | Value::Number(_));
    if values.iter().all(is_number) {
        return Column::of_numbers(values.iter().map(Value::number));
    }
    Column::Values(values)
}

#[test]
fn texts_that_take_more_room_than_there_is_are_refused() {
    let program =
        |text: &[u8]| compile(&parse(text, &Parameters::new(&[])).expect("an expression"));
    let columns = [Column::Values(vec![Value::text(&[b'x'; 1000]); 10])];
    let doubled = program(b"concat(@a, @a)");
    assert!(doubled.column(&columns, 10, 30_000).is_ok());
    assert_eq!(
        doubled.column(&columns, 10, 15_000),
        Err(ExpressionError::TooMuch)
    );
    // Nothing of it is kept but its length.
    assert!(
        program(b"strlen(concat(@a, @a))")
            .column(&columns, 10, 3_000)
            .is_ok()
    );
    // What is the same in every row is there once.
    assert!(
        program(b"concat('ab', 'cd')")
            .column(&[], 1_000, 100)
            .is_ok()
    );
}

#[test]
fn a_long_constant_is_not_kept_in_a_program() {
    let long = [(b"p".to_vec(), vec![b'x'; 100_000])];
    let parameters = Parameters::new(&long);
    let program = compile(&parse(b"concat($p, $p)", &parameters).expect("an expression"));
    assert!(!matches!(program.root, super::program::Node::Constant(_)));
    let value = program.evaluate([].as_slice()).expect("a text");
    assert_eq!(value.bytes().map(|text| text.len()), Some(200_000));
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_itself(expression in expressions()) {
        let text = expression.print();
        let read = parse(&text, &Parameters::new(&[]));
        prop_assert_eq!(read.as_ref(), Ok(&expression), "{}", expression);
    }

    #[test]
    fn a_program_computes_what_the_naive_interpreter_does(
        expression in expressions(),
        rows in prop::collection::vec(prop::collection::vec(values(), NAMES.len()), 1..6),
    ) {
        let program = compile(&expression);
        let mut expected = Vec::new();
        for row in &rows {
            let naive = naive::evaluate(&expression, row);
            let found = program.evaluate(row.as_slice());
            prop_assert!(same(&found, &naive), "{}: {:?}, not {:?}", expression, found, naive);
            expected.push(naive);
        }
        let columns: Vec<Column> = (0..NAMES.len())
            .map(|slot| column(rows.iter().map(|row| row[slot].clone()).collect()))
            .collect();
        match program.column(&columns, rows.len(), usize::MAX) {
            Ok(found) => for (row, expected) in expected.iter().enumerate() {
                let found = Ok(found.value(row));
                prop_assert!(same(&found, expected), "{}: {:?}, not {:?}", expression, found, expected);
            },
            Err(_) => prop_assert!(expected.iter().any(Result::is_err)),
        }
    }

    #[test]
    fn no_bytes_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&text, &Parameters::new(&[]));
    }

    #[test]
    fn no_words_panic(words in prop::collection::vec(prop::sample::select(vec![
        "@a", "$p", "(", ")", ",", "+", "-", "*", "/", "^", "!", "&&", "||", "==", "<", "1", ".5e",
        "'x'", "\"", "split(", "case(", "NULL", "\\", "exists", "%",
    ]), 0..40)) {
        let text = words.join(" ");
        if let Ok(read) = parse(text.as_bytes(), &Parameters::new(&[(b"p".to_vec(), b"v".to_vec())])) {
            prop_assert_eq!(parse(&read.print(), &Parameters::new(&[])), Ok(read));
        }
    }
}
