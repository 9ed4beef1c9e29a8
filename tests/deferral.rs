//! Which searches for neighbours are answered at once, and which go on beside their cache.

use nuthatch::Engine;
use nuthatch::host::embedded::{Begun, Deferral};
use nuthatch::reply::Reply;

/// So many that to walk over all that match takes longer than `INLINECOST`.
const DOCUMENTS: u32 = 9_000;

/// All have the tag `all`, every second one `half`.
fn tagged() -> Engine {
    let mut engine = Engine::new();
    let vector = "v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2";
    let command = format!("FT.CREATE i SCHEMA t TAG n NUMERIC {vector}");
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(engine.execute(&words), Reply::Simple("OK".to_owned()));
    for number in 0..DOCUMENTS {
        let tags = if number % 2 == 0 { "all,half" } else { "all" };
        let key = format!("d:{number}");
        let place = [number as f32, 1.0].map(f32::to_le_bytes).concat();
        let number = number.to_string();
        let fields: [&[u8]; 8] = [
            b"HSET",
            key.as_bytes(),
            b"t",
            tags.as_bytes(),
            b"n",
            number.as_bytes(),
            b"v",
            &place,
        ];
        engine.execute(&fields);
    }
    engine
}

/// Whether a search for neighbours among what matches a filter goes on elsewhere; else, the nearest.
fn goes_on(engine: &mut Engine, filter: &str) -> Result<Reply, ()> {
    let query = format!("({filter})=>[KNN 1 @v $q EF_RUNTIME 15]");
    let place = [3.2_f32, 1.0].map(f32::to_le_bytes).concat();
    let search: [&[u8]; 9] = [
        b"FT.SEARCH",
        b"i",
        query.as_bytes(),
        b"NOCONTENT",
        b"DIALECT",
        b"2",
        b"PARAMS",
        b"2",
        b"q",
    ];
    let search = [&search[..], &[&place[..]]].concat();
    match engine.begin(&search, Deferral::Expensive) {
        Begun::Replied(reply) => Ok(reply),
        Begun::Query(_) => Err(()),
    }
}

#[test]
fn the_nearest_of_most_documents_are_found_at_once() {
    let mut engine = tagged();
    let found = |number: u32| {
        let key = Reply::Bulk(format!("d:{number}").into_bytes());
        Ok(Reply::Array(vec![Reply::Integer(1), key]))
    };
    assert_eq!(goes_on(&mut engine, "*"), found(3));
    assert_eq!(goes_on(&mut engine, "@t:{all}"), found(3));
    assert_eq!(goes_on(&mut engine, "@t:{half}"), found(4));
    // What must be put together first.
    assert_eq!(goes_on(&mut engine, "@n:[0 90000]"), Err(()));
    assert_eq!(
        goes_on(&mut engine, "@t:{none}"),
        Ok(Reply::Array(vec![Reply::Integer(0)]))
    );
}
